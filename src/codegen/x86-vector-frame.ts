/** Where a search with vectors has its words: in the memory that it is given, and in its stack frame. */
import { assertNever, assertPresent } from '../core/assert.ts';
import type { MemoryPlace } from './register-allocation.ts';
import type { MemoryOperand } from './x86-operand.ts';
import { wordOperand } from './x86-search-function.ts';
import type { VectorEncoding } from './x86-vector-encoding.ts';

/** A word of memory that is wanted in all lanes of a vector of the frame. */
interface Spread {
  readonly from: MemoryOperand;
  readonly to: MemoryOperand;
}

/**
 * The stack frame of a search: the nonces, then what the registers had no room for. AVX-512 takes a word from memory for
 * all lanes; AVX2 takes whole vectors alone, so for it the frame also has a copy of the threshold and the table, each
 * word in all lanes.
 */
export class VectorFrame {
  /** A multiple of a vector's size, as the frame's address has to be. */
  readonly sizeBytes: number;
  readonly nonces: MemoryOperand = frameOperand(0);
  readonly threshold: MemoryOperand;
  /** What has to be copied before the search begins. */
  readonly spreads: readonly Spread[];
  readonly #table: readonly MemoryOperand[];
  readonly #slots: readonly MemoryOperand[];

  constructor(options: {
    readonly encoding: VectorEncoding;
    readonly vectorBytes: number;
    readonly slots: number;
    /** Where the threshold and the words of the table are in the memory that the search is given. */
    readonly thresholdIndex: number;
    readonly tableIndices: readonly number[];
  }) {
    const { encoding, vectorBytes, slots, thresholdIndex, tableIndices } = options;
    let sizeBytes = vectorBytes;
    const reserve = () => {
      const operand = frameOperand(sizeBytes);
      sizeBytes += vectorBytes;
      return operand;
    };
    const spreads: Spread[] = [];
    const inAllLanes = (index: number): MemoryOperand => {
      if (encoding === 'evex512') return { ...wordOperand(index), type: 'broadcast' };
      const spread = { from: wordOperand(index), to: reserve() };
      spreads.push(spread);
      return spread.to;
    };
    this.#slots = Array.from({ length: slots }, reserve);
    this.threshold = inAllLanes(thresholdIndex);
    this.#table = tableIndices.map(inAllLanes);
    this.spreads = spreads;
    this.sizeBytes = sizeBytes;
  }

  operandAt(place: MemoryPlace): MemoryOperand {
    switch (place.type) {
      case 'nonce':
        return this.nonces;
      case 'table':
        return assertPresent(this.#table[place.index], 'the place is in the table');
      case 'slot':
        return assertPresent(this.#slots[place.index], 'the slot is one of those that were asked for');
      default:
        return assertNever(place);
    }
  }
}

function frameOperand(displacement: number): MemoryOperand {
  return { type: 'memory', base: 'rsp', displacement };
}
