/**
 * A node's miner: as fast as its node is said to be, and with real nonces.
 *
 * How long a search takes is drawn, by the real difficulty and the hashes that the node makes in a second. What is found
 * is then looked for in earnest, on a network whose blocks take tens to hundreds of hashes: no rule is left out.
 */
import { sha256Hex } from '#host';
import { assertPresent } from '../core/assert.ts';
import { type Hash, hashToNumber } from '../core/hash.ts';
import { encodeHeader, type Header, NONCE_OFFSET } from '../core/header.ts';
import { bitsToTarget, targetToWork } from '../core/target.ts';
import type { Random } from './random.ts';

export class SimulatedMiner {
  /** By nature; 0: it finds nothing. */
  hashesPerSecond: number;
  /** How many times as fast it is for the time being. */
  times = 1;
  readonly #random: Random;
  #job: number | undefined;

  constructor(options: { readonly random: Random; readonly hashesPerSecond: number }) {
    this.#random = options.random;
    this.hashesPerSecond = options.hashesPerSecond;
  }

  /** What it searches at the moment. */
  get job(): number | undefined {
    return this.#job;
  }

  /** Begins to search, instead of what it searched before. Gives back how long it will take; undefined: for ever. */
  begin(job: number, header: Header): number | undefined {
    this.#job = job;
    const hashesPerSecond = this.hashesPerSecond * this.times;
    if (hashesPerSecond <= 0) return undefined;
    const work = Number(targetToWork(targetOf(header)));
    return this.#random.waiting((work / hashesPerSecond) * 1000);
  }

  /** The nonce that it found for `header`. */
  find(header: Header): number {
    return findNonce(header, this.#random.integer(0, NONCE_START_MAX));
  }

  stop(): void {
    this.#job = undefined;
  }
}

/** The first nonce from `start` on with which `header` meets its target. */
export function findNonce(header: Header, start: number): number {
  const target = targetOf(header);
  const bytes = encodeHeader(header);
  const view = new DataView(bytes.buffer);
  for (let nonce = start; ; nonce++) {
    view.setUint32(NONCE_OFFSET, Math.floor(nonce / 2 ** 32));
    view.setUint32(NONCE_OFFSET + 4, nonce >>> 0);
    if (hashToNumber(sha256Hex(bytes) as Hash) <= target) return nonce;
  }
}

function targetOf(header: Header): bigint {
  return assertPresent(bitsToTarget(header.bits), 'a header to mine names a target');
}

/** Searches begin anywhere below, so that equal headers have different blocks. */
const NONCE_START_MAX = 1_000_000;
