/**
 * The search as machine code for the SHA extensions of x86-64 (Intel SDM volume 2B: SHA256RNDS2, SHA256MSG1, SHA256MSG2).
 *
 * A vector has four words of the state, or of the schedule, of one nonce. Since each instruction waits for the one before
 * it, a group is four nonces that take turns, so that the others go on while one waits: on a quiet Zen 4, 75 million
 * nonces a second instead of 65 with two that take turns.
 */

import { NONCE_STEP } from './search-program.ts';
import { createShaNiTable, SHA_NI_VECTORS, type ShaNiVector } from './sha-ni-table.ts';
import { ROUND_CONSTANTS } from './sha256.ts';
import { X86Assembler } from './x86-assembler.ts';
import type { BasedOperand, Label, RegisterOrMemory } from './x86-operand.ts';
import {
  assembleSearchFunction,
  MACHINE_SEARCH_LAYOUT,
  type MachineSearch,
  wordOperand,
} from './x86-search-function.ts';
import type { VectorOpcode } from './x86-vector-encoding.ts';
import {
  SHA256MSG1,
  SHA256MSG2,
  SHA256RNDS2,
  VMOVD_LOAD,
  VMOVDQA,
  VMOVDQA_STORE,
  VMOVDQU_LOAD,
  VPADDD,
  VPALIGNR,
  VPCMPEQD,
  VPMINUD,
  VPSHUFD,
  VPTEST,
} from './x86-vector-opcodes.ts';

/** Writes the search. The same code comes out every time. */
export function createShaNiSearch(): MachineSearch {
  return { code: new ShaNiWriter().write(), lanes: LANES, table: createShaNiTable() };
}

/** What a nonce of the group has of its own. */
interface Lane {
  readonly index: number;
  /** The registers of the state: words a, b, e and f, and the others. */
  abef: number;
  cdgh: number;
  /** The register of the last four words of the schedule. Those before them are in the frame. */
  latest: number;
}

class ShaNiWriter {
  readonly #assembler = new X86Assembler('sse128');
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, (_, index) => {
    const abef = FIRST_LANE_REGISTER + 3 * index;
    return { index, abef, cdgh: abef + 1, latest: abef + 2 };
  });
  /** The register for the next words of the schedule. */
  #spare = FIRST_SPARE_REGISTER;
  readonly #laneOffsets: Label = { name: 'lane offsets' };
  readonly #groupOffsets: Label = { name: 'group offsets' };
  /** From round 20 on, four rounds each. */
  readonly #rounds = Array.from({ length: 11 }, (_, i) => {
    const first = 20 + 4 * i;
    const constants = ROUND_CONSTANTS.slice(first, first + 4);
    return { first, constants, label: { name: `constants from ${first} on` } satisfies Label };
  });

  write(): Uint8Array {
    assembleSearchFunction(this.#assembler, {
      frameBytes: VECTOR_BYTES * FRAME_VECTORS,
      enter: () => this.#fillFrame(),
      tryGroup: () => {
        for (const lane of this.#lanes) this.#beginHash(lane);
        for (const rounds of this.#rounds) for (const lane of this.#lanes) this.#goOn(lane, rounds);
        this.#testForCandidate();
      },
      advance: () => this.#addToNonces(this.#groupOffsets),
      // SSE leaves the upper halves of registers as they were.
      leave: () => undefined,
      data: () => this.#writeData(),
    });
    return this.#assembler.finish();
  }

  /** Vectors have to be at multiples of 16 bytes, so those of the table are copied. */
  #fillFrame(): void {
    for (const [i, name] of SHA_NI_VECTORS.entries()) {
      this.#emit(VMOVDQU_LOAD, SCRATCH, wordOperand(MACHINE_SEARCH_LAYOUT.table + VECTOR_WORDS * i));
      this.#emit(VMOVDQA_STORE, SCRATCH, tableOperand(name));
    }
    this.#spread(MACHINE_SEARCH_LAYOUT.threshold, THRESHOLD);
    this.#spread(MACHINE_SEARCH_LAYOUT.nonceWord, NONCES);
    this.#addToNonces(this.#laneOffsets);
  }

  /** Copies a word that the search is given to all four of a vector of the frame. */
  #spread(index: number, to: BasedOperand): void {
    this.#emit(VMOVD_LOAD, SCRATCH, wordOperand(index));
    this.#emit(VPSHUFD, SCRATCH, register(SCRATCH), order(0, 0, 0, 0));
    this.#emit(VMOVDQA_STORE, SCRATCH, to);
  }

  #addToNonces(offsets: Label): void {
    this.#emit(VMOVDQA, SCRATCH, NONCES);
    this.#emit(VPADDD, SCRATCH, { type: 'code', label: offsets });
    this.#emit(VMOVDQA_STORE, SCRATCH, NONCES);
  }

  /** The state before round 20. */
  #beginHash(lane: Lane): void {
    this.#loadWithNonce(lane.abef, lane, 'abef');
    this.#emit(VMOVDQA, lane.cdgh, tableOperand('cdgh'));
    this.#emit(VMOVDQA, ROUND_WORDS, tableOperand('rounds14'));
    this.#twoRounds(lane);
    this.#emit(VMOVDQA, ROUND_WORDS, tableOperand('rounds16'));
    this.#fourRounds(lane);
  }

  #goOn(lane: Lane, { first, label }: { readonly first: number; readonly label: Label }): void {
    this.#makeWords(lane, first);
    this.#emit(VMOVDQA, ROUND_WORDS, register(lane.latest));
    this.#emit(VPADDD, ROUND_WORDS, { type: 'code', label });
    this.#fourRounds(lane);
  }

  /** The words of the schedule from `first` on become the latest. */
  #makeWords(lane: Lane, first: number): void {
    const latest = first === 20 ? tableOperand('words16') : register(lane.latest);
    const made = this.#spare;
    if (first === 20) {
      this.#loadWithNonce(made, lane, 'partial20');
    } else if (first === 24) {
      this.#loadWithNonce(made, lane, 'partial24');
    } else {
      if (first === 28) this.#loadWithNonce(made, lane, 'words12');
      else this.#emit(VMOVDQA, made, wordsOperand(lane, first - 16));
      this.#emit(SHA256MSG1, made, wordsOperand(lane, first - 12));
      this.#emit(VMOVDQA, SCRATCH, latest);
      this.#emit(VPALIGNR, SCRATCH, wordsOperand(lane, first - 8), 4);
      this.#emit(VPADDD, made, register(SCRATCH));
    }
    this.#emit(SHA256MSG2, made, latest);
    [lane.latest, this.#spare] = [made, lane.latest];
    if (first <= LAST_STORED) this.#emit(VMOVDQA_STORE, made, wordsOperand(lane, first));
  }

  /** A vector of the table, with the nonce's word added where it belongs. */
  #loadWithNonce(to: number, lane: Lane, name: keyof typeof NONCE_PLACES): void {
    this.#emit(VMOVD_LOAD, to, { ...NONCES, displacement: NONCES.displacement + 4 * lane.index });
    this.#emit(VPSHUFD, to, register(to), NONCE_PLACES[name]);
    this.#emit(VPADDD, to, tableOperand(name));
  }

  #fourRounds(lane: Lane): void {
    this.#twoRounds(lane);
    this.#emit(VPSHUFD, ROUND_WORDS, register(ROUND_WORDS), order(2, 3, 2, 3));
    this.#twoRounds(lane);
  }

  /** What was a, b, e and f becomes c, d, g and h: it stays where it is, and the others are written over. */
  #twoRounds(lane: Lane): void {
    this.#emit(SHA256RNDS2, lane.cdgh, register(lane.abef));
    [lane.abef, lane.cdgh] = [lane.cdgh, lane.abef];
  }

  /** Clears the zero flag if the lowest of the hashes' first words is at most the threshold. */
  #testForCandidate(): void {
    const lowest = this.#spare;
    for (const { index, abef } of this.#lanes) {
      this.#emit(VPADDD, abef, tableOperand('hash'));
      this.#emit(index === 0 ? VMOVDQA : VPMINUD, lowest, register(abef));
    }
    this.#emit(VPSHUFD, lowest, register(lowest), order(3, 3, 3, 3));
    this.#emit(VMOVDQA, SCRATCH, register(lowest));
    this.#emit(VPMINUD, SCRATCH, THRESHOLD);
    this.#emit(VPCMPEQD, SCRATCH, register(lowest));
    this.#emit(VPTEST, SCRATCH, register(SCRATCH));
  }

  #writeData(): void {
    this.#assembler.bind(this.#laneOffsets);
    this.#assembler.words(Array.from({ length: LANES }, (_, lane) => lane * NONCE_STEP));
    this.#assembler.bind(this.#groupOffsets);
    this.#assembler.words(Array.from({ length: LANES }, () => LANES * NONCE_STEP));
    for (const { label, constants } of this.#rounds) {
      this.#assembler.bind(label);
      this.#assembler.words(constants);
    }
  }

  #emit(opcode: VectorOpcode, field: number, operand: RegisterOrMemory, immediate?: number): void {
    this.#assembler.vector({ opcode, field, operand, ...(immediate === undefined ? {} : { immediate }) });
  }
}

/** Which word each of the four becomes, for VPSHUFD. */
function order(first: number, second: number, third: number, fourth: number): number {
  return first | (second << 2) | (third << 4) | (fourth << 6);
}

function register(number: number): RegisterOrMemory {
  return { type: 'register', register: number };
}

function tableOperand(name: ShaNiVector): BasedOperand {
  return frameOperand(2 + SHA_NI_VECTORS.indexOf(name));
}

/** Where four words of the schedule are, from `first` on. Those that come 16 later take their place. */
function wordsOperand(lane: Lane, first: number): BasedOperand {
  if (first === 16) return tableOperand('words16');
  return frameOperand(2 + SHA_NI_VECTORS.length + 4 * lane.index + ((first / 4) % 4));
}

function frameOperand(vector: number): BasedOperand {
  return { type: 'memory', base: 'rsp', displacement: VECTOR_BYTES * vector };
}

const VECTOR_WORDS = 4;
const VECTOR_BYTES = 4 * VECTOR_WORDS;
/** So many as there are words in a vector, because the words that have the nonces are a vector of the frame. */
const LANES = VECTOR_WORDS;

/** The frame: these two, the table, and for each nonce the last sixteen words of its schedule. */
const NONCES = frameOperand(0);
const THRESHOLD = frameOperand(1);
const FRAME_VECTORS = 2 + SHA_NI_VECTORS.length + 4 * LANES;

/** Where the nonce's word is added to a vector: it is the first of four, of which the second is zero. */
const NONCE_PLACES = {
  abef: order(1, 0, 1, 0),
  words12: order(1, 0, 1, 1),
  partial20: order(0, 1, 1, 1),
  partial24: order(1, 1, 1, 0),
} as const satisfies Partial<Record<ShaNiVector, number>>;

/** Words that are made later are needed no more once they are not the latest. */
const LAST_STORED = 52;

/** SHA256RNDS2 takes words with their constants from here, wherever its other operands are. */
const ROUND_WORDS = 0;
/** What has nothing in it between two instructions for rounds. */
const SCRATCH = ROUND_WORDS;
const FIRST_SPARE_REGISTER = 1;
const FIRST_LANE_REGISTER = 2;
