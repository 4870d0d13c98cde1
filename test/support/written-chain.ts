/** Chains in memory as a store has them, for proofs of them: valid ones, and such as a liar would have. */
import { hash } from 'node:crypto';
import { assertPresent } from '../../src/core/assert.ts';
import type { ChainSource } from '../../src/core/chain-prover.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import { type Hash, hashBytes } from '../../src/core/hash.ts';
import { encodeHeader, type Header, hashHeader, NONCE_OFFSET } from '../../src/core/header.ts';
import { appendLeaf, EMPTY_FRONTIER, type Frontier, historyLeaf, historyRoot } from '../../src/core/history.ts';
import { createParams, type NetworkParams } from '../../src/core/params.ts';
import { retarget } from '../../src/core/retarget.ts';
import { bitsToTarget, meetsTarget, targetToWork } from '../../src/core/target.ts';

/** How the next header is to be, where it is not as the rules have it. */
export interface HeaderWish extends Partial<Header> {
  /** Seconds after the header before it; 10 unless it is said. */
  readonly solveTime?: number;
  /** Whether its hash meets its bits, and never by chance if not. */
  readonly isWorked?: boolean;
  /** The work that is claimed to be done by it. */
  readonly work?: bigint;
  /** What makes its data differ from that of other chains. */
  readonly label?: string;
}

export class WrittenChain implements ChainSource {
  readonly params: NetworkParams;
  readonly #headers: Uint8Array[] = [];
  readonly #parsed: Header[] = [];
  readonly #works: bigint[] = [];
  readonly #nodes: Hash[] = [];
  #frontier: Frontier = EMPTY_FRONTIER;

  /** The genesis of a network. */
  constructor(params: NetworkParams) {
    this.params = params;
    const genesis = createGenesis(params).header;
    this.#push(genesis, encodeHeader(genesis), workOf(genesis.bits));
  }

  get tipHeight(): number {
    return this.#headers.length - 1;
  }

  get tip(): Hash {
    return hashHeader(this.header(this.tipHeight));
  }

  header(height: number): Uint8Array {
    return assertPresent(this.#headers[height], `there is a header at ${height}`);
  }

  work(height: number): bigint {
    return assertPresent(this.#works[height], `there is work at ${height}`);
  }

  readonly node = (position: number): Hash => assertPresent(this.#nodes[position], `there is a node at ${position}`);

  /** The beginning of it, with its tip at `height`. */
  upTo(height: number): ChainSource {
    return { tipHeight: height, header: (at) => this.header(at), work: (at) => this.work(at), node: this.node };
  }

  /** The same up to `height`, to be gone on with otherwise. */
  forkAt(height: number): WrittenChain {
    const fork = new WrittenChain(this.params);
    for (let i = 1; i <= height; i++) fork.#push(this.#headerAt(i), this.header(i), this.work(i));
    return fork;
  }

  /** Puts a header behind the tip. */
  add(wish: HeaderWish = {}): void {
    const { header, bytes } = this.next(wish);
    this.#push(header, bytes, this.work(this.tipHeight) + (wish.work ?? workOf(header.bits)));
  }

  /** A header that could be put there. */
  next(wish: HeaderWish = {}): { readonly header: Header; readonly bytes: Uint8Array } {
    const { solveTime = 10, isWorked = true, work: _, label = '', ...fields } = wish;
    const height = this.tipHeight + 1;
    const parent = this.#headerAt(height - 1);
    const bits =
      height === 1
        ? this.params.initialBits
        : retarget(parent.bits, parent.timestamp - this.#headerAt(height - 2).timestamp, this.params);
    const header: Header = {
      height,
      previousHash: this.tip,
      historyRoot: historyRoot(this.#frontier),
      dataRoot: hashBytes(new TextEncoder().encode(`${label} ${height}`)),
      timestamp: parent.timestamp + solveTime,
      bits,
      nonce: 0,
      ...fields,
    };
    const bytes = search(header, isWorked);
    return { header: { ...header, nonce: new DataView(bytes.buffer).getUint32(NONCE_OFFSET + 4) }, bytes };
  }

  /** This chain with one more header, of which it keeps nothing: for trying many tips. */
  withTip(wish: HeaderWish = {}): ChainSource & { readonly tip: Hash } {
    const { header, bytes } = this.next(wish);
    const work = this.work(this.tipHeight) + (wish.work ?? workOf(header.bits));
    const tipHeight = this.tipHeight + 1;
    return {
      tip: hashHeader(bytes),
      tipHeight,
      header: (at) => (at === tipHeight ? bytes : this.header(at)),
      work: (at) => (at === tipHeight ? work : this.work(at)),
      node: this.node,
    };
  }

  /** Puts a header behind the tip as it is, whatever was before it. */
  graft(from: WrittenChain, height: number): void {
    const header = from.#headerAt(height);
    this.#push(header, from.header(height), this.work(this.tipHeight) + workOf(header.bits));
  }

  /** Adds headers until the tip is at `height`. */
  growTo(height: number, wish: (height: number) => HeaderWish = () => ({})): this {
    while (this.tipHeight < height) this.add(wish(this.tipHeight + 1));
    return this;
  }

  #headerAt(height: number): Header {
    return assertPresent(this.#parsed[height], `there is a header at ${height}`);
  }

  #push(header: Header, bytes: Uint8Array, work: bigint): void {
    this.#headers.push(bytes);
    this.#parsed.push(header);
    this.#works.push(work);
    const { frontier, completed } = appendLeaf(this.#frontier, historyLeaf(bytes, work));
    this.#frontier = frontier;
    for (const node of completed) this.#nodes.push(node);
  }
}

/** Seconds from a header to the next, 10 on average: so that the difficulty changes with every header. */
export function unevenTimes(height: number): HeaderWish {
  return { solveTime: [3, 14, 1, 25, 8, 6, 19, 2, 11, 11][height % 10] ?? 10 };
}

/** A chain whose hard blocks, around height 1,900, hold so much of the work that headers one after the other are drawn. */
export function hillOf(height: number): WrittenChain {
  const pause = (at: number) => (at < 1_500 ? 10 : at < 1_900 ? 0 : at < 2_100 ? 60 : 10);
  const params = createParams({ name: 'hill', targetLimit: 0x207fffff });
  return new WrittenChain(params).growTo(height, (at) => ({ solveTime: pause(at) }));
}

function search(header: Header, isWorked: boolean): Uint8Array {
  const bytes = encodeHeader(header);
  const view = new DataView(bytes.buffer);
  for (let nonce = 0; ; nonce++) {
    view.setUint32(NONCE_OFFSET + 4, nonce);
    if (meetsTarget(header.bits, hash('sha256', bytes, 'buffer'), 0) === isWorked) return bytes;
  }
}

function workOf(bits: number): bigint {
  return targetToWork(assertPresent(bitsToTarget(bits), 'the bits of a written chain name a target'));
}
