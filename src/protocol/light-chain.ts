/**
 * The headers that a light client has in memory: the recent ones of the chain that it follows, and of those that its peers have
 * shown beside it. All of them are judged, and none older than it takes to follow a branch.
 *
 * Each header knows the one before it, so that branches share what they have in common, and whatever no end leads to is
 * forgotten.
 */
import { assert } from '../core/assert.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import { type JudgedHeaders, validateHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import { createHeaderEvidence, EVIDENCE_POINTS, type HeaderEvidence } from './header-evidence.ts';
import { hashAt, headerCount, headerSlice, previousHashAt } from './header-run.ts';
import { LIGHT_WINDOW_BLOCKS } from './light-limits.ts';

/** A header in memory. */
export interface LightNode {
  readonly point: ChainPoint;
  /** Undefined for the genesis, and where the header before it is not in memory. */
  parent: LightNode | undefined;
}

/** What became of a run of headers. */
export interface FollowedRun {
  /** The last of them that is valid; the place that they go on from, if none is. */
  readonly last: LightNode;
  /** What is wrong with the next one. */
  readonly fault: JudgedHeaders['fault'];
  /** What shows that to anybody; undefined where a header does not name the one before it at all. */
  readonly evidence: HeaderEvidence | undefined;
}

export class LightChain {
  readonly genesis: LightNode;
  readonly #params: NetworkParams;
  readonly #windowBlocks: number;
  readonly #nodes = new Map<Hash, LightNode>();
  #tip: LightNode | undefined;
  /** How many headers there were when it was last looked for those that nobody needs any more. */
  #sizeAfterLook = 0;

  constructor(params: NetworkParams, windowBlocks = LIGHT_WINDOW_BLOCKS) {
    this.#params = params;
    this.#windowBlocks = windowBlocks;
    this.genesis = { point: genesisPoint(params), parent: undefined };
    this.#nodes.set(this.genesis.point.hash, this.genesis);
  }

  /** The end of the chain that is followed: undefined until a peer has shown one. */
  get tip(): LightNode | undefined {
    return this.#tip;
  }

  /** How many headers are in memory. */
  get size(): number {
    return this.#nodes.size;
  }

  find(hash: Hash): LightNode | undefined {
    return this.#nodes.get(hash);
  }

  /** The header at `height` of the chain that ends in `from`, as far as that is in memory. */
  at(height: number, from: LightNode | undefined = this.#tip): LightNode | undefined {
    if (height === 0) return this.genesis;
    let node = from;
    while (node !== undefined && node.point.header.height > height) node = node.parent;
    return node?.point.header.height === height ? node : undefined;
  }

  /** Whether `node` is on the chain that is followed; undefined where that is so far down that it cannot be told. */
  isOnChain(node: LightNode): boolean | undefined {
    const { height } = node.point.header;
    if (this.#tip !== undefined && height > this.#tip.point.header.height) return false;
    const there = this.at(height);
    return there === undefined ? undefined : there === node;
  }

  /** The height of the last header that the chain up to `node` shares with the one that is followed, if it is in memory. */
  forkHeight(node: LightNode): number | undefined {
    let one: LightNode | undefined = node;
    let other = this.#tip;
    while (one !== undefined && other !== undefined) {
      if (one === other) return one.point.header.height;
      if (one.point.header.height >= other.point.header.height) one = one.parent;
      else other = other.parent;
    }
    return undefined;
  }

  /** Follows the chain that ends in `node`, if it is better than the one that was followed. */
  follow(node: LightNode): boolean {
    if (this.#tip !== undefined && !isBetterTip(node.point, this.#tip.point)) return false;
    this.#tip = node;
    return true;
  }

  /** Takes in places that follow on each other and have been judged already. Gives back the last. */
  insert(points: readonly ChainPoint[]): LightNode | undefined {
    let last: LightNode | undefined;
    for (const point of points) {
      const parent = last ?? this.#nodes.get(point.header.previousHash);
      const known = this.#nodes.get(point.hash);
      if (known !== undefined) known.parent ??= parent;
      last = known ?? { point, parent };
      this.#nodes.set(point.hash, last);
    }
    return last;
  }

  /** The headers at the beginning of `run` that are in memory. */
  knownPrefix(run: Uint8Array): { readonly count: number; readonly last: LightNode | undefined } {
    let last: LightNode | undefined;
    for (let count = 0; count < headerCount(run); count++) {
      const node = this.#nodes.get(hashAt(run, count));
      if (node === undefined) return { count, last };
      last = node;
    }
    return { count: headerCount(run), last };
  }

  /** Whether all is in memory that it takes to show what is wrong with a header after `node`. */
  canJudgeAfter(node: LightNode): boolean {
    const path = pathTo(node);
    return path.length === EVIDENCE_POINTS || path[0] === this.genesis;
  }

  /** Judges the headers in `run`, which go on from `parent`, and takes in those up to the first that breaks a rule. */
  extend(parent: LightNode, run: Uint8Array): FollowedRun {
    assert(this.canJudgeAfter(parent), 'headers are judged where it can be shown what is wrong with them');
    const { points, fault } = validateHeaders(run, parent.point, this.#params);
    const last = this.insert(points) ?? parent;
    if (fault === undefined) return { last, fault, evidence: undefined };
    const wrong = headerSlice(run, points.length, points.length + 1);
    if (previousHashAt(wrong, 0) !== last.point.hash) return { last, fault, evidence: undefined };
    const before = pathTo(last).map(({ point }) => point);
    return { last, fault, evidence: createHeaderEvidence(before, wrong) };
  }

  /** Hashes from `from` down to the genesis, ever further apart, for a peer to find the last one that it shares. */
  locator(from: LightNode): Hash[] {
    const hashes: Hash[] = [];
    let step = 1;
    let node: LightNode | undefined = from;
    while (node !== undefined && node !== this.genesis) {
      hashes.push(node.point.hash);
      if (hashes.length > LOCATOR_DENSE) step *= 2;
      for (let i = 0; i < step && node !== undefined; i++) node = node.parent;
    }
    return [...hashes, this.genesis.point.hash];
  }

  /**
   * Forgets, now and then, what neither the chain that is followed nor one that ends in one of `ends` needs: of each of
   * them so many of the last stay as the window has.
   */
  prune(ends: Iterable<LightNode>): void {
    if (this.#nodes.size < this.#sizeAfterLook + this.#windowBlocks) return;
    const kept = new Set<LightNode>([this.genesis]);
    for (const end of this.#tip === undefined ? ends : [this.#tip, ...ends]) {
      let count = 0;
      for (let node: LightNode | undefined = end; node !== undefined && !kept.has(node); node = node.parent) {
        kept.add(node);
        count++;
        if (count === this.#windowBlocks) node.parent = undefined;
      }
    }
    for (const [hash, node] of this.#nodes) if (!kept.has(node)) this.#nodes.delete(hash);
    this.#sizeAfterLook = this.#nodes.size;
  }
}

/** The last places up to `node`, lowest first: as many as show what is wrong with a header after them. */
function pathTo(node: LightNode): LightNode[] {
  const path: LightNode[] = [];
  for (let next: LightNode | undefined = node; next !== undefined && path.length < EVIDENCE_POINTS; ) {
    path.unshift(next);
    next = next.parent;
  }
  return path;
}

/** So many hashes of a locator follow on each other without a gap. */
const LOCATOR_DENSE = 10;
