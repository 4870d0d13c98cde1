/**
 * SHA-256 of four messages of equal length at a time, as WebAssembly: each message has a lane of every vector.
 *
 * By itself, a short message takes less time to hash than to hand to a library. Four of them go through a compression in
 * step, and one call does for thousands.
 */
import { assert } from '../core/assert.ts';
import {
  CHUNK_WORDS,
  compress,
  type HashState,
  INITIAL_STATE,
  ROUND_CONSTANTS,
  type WordArithmetic,
} from './sha256.ts';
import { encodeModule, WasmCode } from './wasm-module.ts';

/** How many messages go side by side. */
export const LANES = 4;

/** For how many chunks of 64 bytes there is room for forms: no message may take more, with its padding. */
export const CHUNK_FORMS = 4;

/** How much room the form of a chunk takes. Forms stand at the beginning of memory, one after the other. */
export const FORM_SIZE = 128;

/** Where messages begin in the module's memory, which has 64 KiB. */
export const MESSAGES_ADDRESS = 1024;

/**
 * The module. It exports `memory` and `hash(messageBytes, shift, chunks, groups)`, which hashes `LANES * groups` messages
 * of `messageBytes` each, one at least, that begin at `MESSAGES_ADDRESS`. The hashes take the place of the messages, one after
 * the other, so a message has 32 bytes or more. It answers where they end.
 *
 * A message is read in whole chunks, from `shift` bytes before it on, with whatever is around it. What of it counts is in the
 * forms of the chunks: 16 words that keep what belongs to the message (by AND), and 16 with what does not (by OR).
 */
export function createSha256Lanes(): Uint8Array {
  const writer = new LanesWriter();
  const body = writer.write();
  const constants = new Uint8Array(Uint32Array.from(ROUND_CONSTANTS).buffer);
  return encodeModule(
    'hash',
    { parameters: PARAMETERS, locals: writer.locals, body },
    { address: CONSTANTS_ADDRESS, bytes: constants },
  );
}

/** Writes code that pushes a word of each message, as one vector. */
type LaneWord = () => void;

/** Writes the function `hash`. Sums are written as they are asked for and kept in variables, all else where it is used. */
class LanesWriter implements WordArithmetic<LaneWord> {
  readonly #code = new WasmCode();
  #vectors = 0;

  get locals() {
    return [
      { count: FIRST_VECTOR - PARAMETERS.length, type: 'i32' },
      { count: this.#vectors, type: 'v128' },
    ] as const;
  }

  /** A loop over groups of messages, and in it one over their chunks. */
  write(): WasmCode {
    const code = this.#code;
    const state = mapState(INITIAL_STATE, () => this.#newVector());
    code.constant(MESSAGES_ADDRESS).set(HASH);
    code.constant(MESSAGES_ADDRESS).get(SHIFT).do('i32.sub').set(FIRST_LANE);
    code.loop(() => {
      for (const [i, vector] of state.entries()) {
        const word = INITIAL_STATE[i] ?? 0;
        code.constants([word, word, word, word]).set(vector);
      }
      for (let lane = 1; lane < LANES; lane++) {
        code
          .get(FIRST_LANE + lane - 1)
          .get(MESSAGE_SIZE)
          .do('i32.add')
          .set(FIRST_LANE + lane);
      }
      code
        .get(FIRST_LANE + LANES - 1)
        .get(MESSAGE_SIZE)
        .do('i32.add')
        .set(NEXT_GROUP);
      code.constant(0).set(FORM);
      code.loop(() => this.#writeChunk(state));
      this.#writeHashes(state);
      code.get(NEXT_GROUP).set(FIRST_LANE);
      code
        .get(HASH)
        .constant(LANES * HASH_SIZE)
        .do('i32.add')
        .set(HASH);
      code.get(GROUPS).constant(-1).do('i32.add').tee(GROUPS).branchIf(0);
    });
    return code.get(HASH);
  }

  constant(value: number): LaneWord {
    const round = ROUND_CONSTANTS.indexOf(value);
    assert(round >= 0, 'a compression takes in no constants but those of its rounds');
    // From memory: V8 takes four instructions to make a vector out of nothing.
    return () => void this.#code.constant(CONSTANTS_ADDRESS + 4 * round).loadSplatAt(0);
  }

  add(...terms: readonly LaneWord[]): LaneWord {
    return this.#keep(() => {
      for (const [i, term] of terms.entries()) {
        term();
        if (i > 0) this.#code.do('i32x4.add');
      }
    });
  }

  xor3(a: LaneWord, b: LaneWord, c: LaneWord): LaneWord {
    return this.#xor(this.#xor(a, b), c);
  }

  rotateRight(x: LaneWord, count: number): LaneWord {
    return () => {
      x();
      this.#code.constant(count).do('i32x4.shr_u');
      x();
      this.#code
        .constant(32 - count)
        .do('i32x4.shl')
        .do('v128.or');
    };
  }

  shiftRight(x: LaneWord, count: number): LaneWord {
    return () => {
      x();
      this.#code.constant(count).do('i32x4.shr_u');
    };
  }

  choose(e: LaneWord, f: LaneWord, g: LaneWord): LaneWord {
    return this.#xor(this.#and(e, this.#xor(f, g)), g);
  }

  /** V8 sees that the XOR of `a` and `b` is that of `b` and `c` one round later. */
  majority(a: LaneWord, b: LaneWord, c: LaneWord): LaneWord {
    return this.#xor(this.#and(this.#xor(a, b), this.#xor(b, c)), b);
  }

  /** Takes a chunk of each message into `state`, and branches back to the innermost loop unless it was the last. */
  #writeChunk(state: HashState<number>): void {
    const code = this.#code;
    const chunk: LaneWord[] = [];
    for (let first = 0; first < CHUNK_WORDS; first += 4) chunk.push(...this.#writeFourWords(first));
    const before = mapState(state, (vector) => () => void code.get(vector));
    const after = compress(this, before, chunk);
    for (const [i, vector] of state.entries()) {
      after[i]?.();
      code.set(vector);
    }
    for (let lane = FIRST_LANE; lane < FIRST_LANE + LANES; lane++) {
      code
        .get(lane)
        .constant(4 * CHUNK_WORDS)
        .do('i32.add')
        .set(lane);
    }
    code.get(FORM).constant(FORM_SIZE).do('i32.add').tee(FORM);
    code.get(CHUNKS).constant(FORM_SIZE).do('i32.mul').do('i32.lt_u').branchIf(0);
  }

  /** Four words of the chunk, from `first` on, of each message: as its form says. */
  #writeFourWords(first: number): LaneWord[] {
    const code = this.#code;
    const ofMessages = Array.from({ length: LANES }, (_, lane) =>
      this.#keep(() => code.get(FIRST_LANE + lane).loadVectorAt(4 * first)),
    );
    return this.#transpose(ofMessages).map((word, i) =>
      this.#keep(() => {
        this.#swapBytes(word);
        code
          .get(FORM)
          .loadSplatAt(4 * (first + i))
          .do('v128.and');
        code
          .get(FORM)
          .loadSplatAt(4 * (CHUNK_WORDS + first + i))
          .do('v128.or');
      }),
    );
  }

  #writeHashes(state: HashState<number>): void {
    const code = this.#code;
    for (const first of [0, 4]) {
      const words = state.slice(first, first + 4).map((vector) => () => void code.get(vector));
      for (const [lane, ofMessage] of this.#transpose(words).entries()) {
        code.get(HASH);
        this.#swapBytes(ofMessage);
        code.storeVectorAt(HASH_SIZE * lane + 4 * first);
      }
    }
  }

  /** Four vectors of four words, rows made columns. */
  #transpose([a, b, c, d]: readonly LaneWord[]): LaneWord[] {
    assert(
      a !== undefined && b !== undefined && c !== undefined && d !== undefined,
      'four vectors have four words each',
    );
    const pick = (x: LaneWord, y: LaneWord, words: readonly number[]) =>
      this.#keep(() => {
        x();
        y();
        this.#code.shuffle(words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)));
      });
    const [upperLeft, lowerLeft] = [pick(a, b, [0, 4, 1, 5]), pick(c, d, [0, 4, 1, 5])];
    const [upperRight, lowerRight] = [pick(a, b, [2, 6, 3, 7]), pick(c, d, [2, 6, 3, 7])];
    return [
      pick(upperLeft, lowerLeft, [0, 1, 4, 5]),
      pick(upperLeft, lowerLeft, [2, 3, 6, 7]),
      pick(upperRight, lowerRight, [0, 1, 4, 5]),
      pick(upperRight, lowerRight, [2, 3, 6, 7]),
    ];
  }

  /** Between the order of bytes in SHA-256 and that in WebAssembly's memory. */
  #swapBytes(word: LaneWord): void {
    word();
    word();
    this.#code.shuffle([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
  }

  #xor(x: LaneWord, y: LaneWord): LaneWord {
    return () => {
      x();
      y();
      this.#code.do('v128.xor');
    };
  }

  #and(x: LaneWord, y: LaneWord): LaneWord {
    return () => {
      x();
      y();
      this.#code.do('v128.and');
    };
  }

  /** Puts what `write` pushes into a variable. */
  #keep(write: () => void): LaneWord {
    const vector = this.#newVector();
    write();
    this.#code.set(vector);
    return () => void this.#code.get(vector);
  }

  #newVector(): number {
    return FIRST_VECTOR + this.#vectors++;
  }
}

/** `change` done to every word. */
function mapState<From, To>(state: HashState<From>, change: (word: From) => To): HashState<To> {
  const [a, b, c, d, e, f, g, h] = state;
  return [change(a), change(b), change(c), change(d), change(e), change(f), change(g), change(h)];
}

const HASH_SIZE = 32;
/** Behind the forms. */
const CONSTANTS_ADDRESS = CHUNK_FORMS * FORM_SIZE;

const PARAMETERS = ['i32', 'i32', 'i32', 'i32'] as const;

/** The locals that are words: the parameters, of which the last is counted down, and addresses. */
const MESSAGE_SIZE = 0;
const SHIFT = 1;
const CHUNKS = 2;
const GROUPS = 3;
const HASH = 4;
const NEXT_GROUP = 5;
const FORM = 6;
/** One for each lane: where its message's next chunk begins. */
const FIRST_LANE = 7;
const FIRST_VECTOR = FIRST_LANE + LANES;
