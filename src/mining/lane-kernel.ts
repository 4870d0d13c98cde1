/** A search kernel over generated code that hashes several nonces at once, one in each lane. */
import { bytesToHex } from '#host';
import { numberArithmetic } from '../codegen/number-arithmetic.ts';
import { NONCE_WORD } from '../codegen/search-program.ts';
import { CHUNK_WORDS, compress, INITIAL_STATE } from '../codegen/sha256.ts';
import type { WordTape } from '../codegen/word-tape.ts';
import { assert } from '../core/assert.ts';
import { HASH_BYTES } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader, NONCE_MAX, NONCE_OFFSET } from '../core/header.ts';
import type { NonceRange, SearchKernel } from './kernel.ts';
import type { LaneSearch } from './lane-search.ts';

/** A kernel that runs `code`, which reads what `table` makes of a header. */
export function createLaneKernel(options: {
  readonly name: string;
  readonly table: WordTape;
  readonly code: LaneSearch;
}): SearchKernel {
  const { name, table, code } = options;
  assert(code.table.length === table.length, 'the code reads the table that the tape makes');
  let job: LaneJob | undefined;
  return {
    name,
    search: (range) => {
      const { firstNonce, count } = range;
      assert(firstNonce >= 0 && count >= 1 && count <= NONCE_MAX - firstNonce + 1, 'the nonces to try are nonces');
      // The ranges of one search follow on each other, and to make a job takes as long as 2,500 hashes at 65 MH/s.
      if (job?.isOf(range) !== true) job = new LaneJob(range);
      const end = firstNonce + count;
      for (let nonce = firstNonce; nonce < end; ) {
        const runEnd = Math.min(end, (Math.floor(nonce / RUN_NONCES) + 1) * RUN_NONCES);
        table.run(job.wordsFor(nonce), code.table);
        const found = searchRun(code, job, nonce, runEnd);
        if (found !== undefined) return found;
        nonce = runEnd;
      }
      return undefined;
    },
  };
}

/** The smallest nonce that fits, from `firstNonce` up to `end`, which are in one run. */
function searchRun(code: LaneSearch, job: LaneJob, firstNonce: number, end: number): number | undefined {
  const { lanes } = code;
  let nonce = firstNonce;
  while (nonce < end) {
    const groups = Math.ceil((end - nonce) / lanes);
    const passed = code.search(job.nonceWord(nonce), groups, job.threshold);
    if (passed === groups) return undefined;
    // A candidate is judged by its whole hash, which is computed by other code than that which pointed at it.
    nonce += passed * lanes;
    const groupEnd = Math.min(end, nonce + lanes);
    for (; nonce < groupEnd; nonce++) if (job.isMetBy(nonce)) return nonce;
  }
  return undefined;
}

/** A header and a target as the words that a table is made of. */
class LaneJob {
  /** The first word of the target. */
  readonly threshold: number;
  readonly #header: Uint8Array;
  readonly #view: DataView;
  readonly #targetHex: string;
  /** The state after the first chunk, then the second chunk. */
  readonly #words: number[];

  constructor({ headerBytes, targetBytes }: NonceRange) {
    assert(headerBytes.length === HEADER_BYTES, 'a header to mine has 118 bytes');
    assert(targetBytes.length === HASH_BYTES, 'a target to mine for has 32 bytes');
    this.#header = Uint8Array.from(headerBytes);
    this.#view = new DataView(this.#header.buffer);
    this.#targetHex = bytesToHex(targetBytes);
    this.threshold = Number.parseInt(this.#targetHex.slice(0, 8), 16);
    const firstChunk = Array.from({ length: CHUNK_WORDS }, (_, i) => this.#view.getUint32(4 * i));
    const midstate = compress(numberArithmetic, INITIAL_STATE, firstChunk);
    const secondChunk = Array.from({ length: NONCE_WORD }, (_, i) => this.#view.getUint32(4 * (CHUNK_WORDS + i)));
    this.#words = [...midstate, ...secondChunk];
  }

  /** Whether `range` is about the same header, but for its nonce, and the same target. */
  isOf({ headerBytes, targetBytes }: NonceRange): boolean {
    return (
      bytesToHex(targetBytes) === this.#targetHex &&
      this.#header.every((byte, i) => i >= NONCE_OFFSET || byte === headerBytes[i])
    );
  }

  /** The words that all nonces of the run of `nonce` have in common. */
  wordsFor(nonce: number): readonly number[] {
    this.#setNonce(nonce);
    for (const word of [NONCE_WORD - 2, NONCE_WORD - 1]) {
      this.#words[STATE_WORDS + word] = this.#view.getUint32(4 * (CHUNK_WORDS + word));
    }
    return this.#words;
  }

  /** The header's word 13: the last two bytes of the nonce, and the bit that ends a message. */
  nonceWord(nonce: number): number {
    return (((nonce % RUN_NONCES) << 16) | 0x8000) >>> 0;
  }

  isMetBy(nonce: number): boolean {
    this.#setNonce(nonce);
    return hashHeader(this.#header) <= this.#targetHex;
  }

  #setNonce(nonce: number): void {
    this.#view.setBigUint64(NONCE_OFFSET, BigInt(nonce));
  }
}

/** Over so many nonces, from a multiple of it on, word 13 alone differs. */
const RUN_NONCES = 2 ** 16;
const STATE_WORDS = INITIAL_STATE.length;
