/**
 * What this node mines: blocks its user asked for one after the other, and beside them, according to its mode, what
 * waits in the pool, or empty blocks. One search at a time, always on the tip.
 */
import { type Block, createBlock } from '../core/block.ts';
import { type Body, bodyFromEntries, dataRoot, entryCount, entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, createCandidateHeader } from '../core/validation.ts';
import type { Effect, RequestId } from './effects.ts';
import type { EntryPool } from './entry-pool.ts';
import {
  FOUND_HASHES_MAX,
  MINING_JOB_AGE_MS_MAX,
  MINING_LARGE_JOB_AGE_MS_MIN,
  MINING_REQUESTS_MAX,
  MINING_SMALL_BODY_ENTRIES,
} from './limits.ts';
import type { Now } from './now.ts';

/** When a node mines of its own accord: never, while entries are pending, or all the time. */
export type MiningMode = 'demand' | 'entries' | 'always';

interface Request {
  readonly id: RequestId;
  readonly body: Body;
}

interface Job {
  readonly number: number;
  readonly header: Header;
  readonly body: Body;
  readonly request: Request | undefined;
  readonly startedMs: number;
  /** How many stored entries were waiting in the pool. */
  readonly waitingCount: number;
}

export class MiningDesk {
  readonly #params: NetworkParams;
  readonly #mode: MiningMode;
  readonly #pool: EntryPool;
  #requests: Request[] = [];
  #job: Job | undefined;
  #jobs = 0;
  /** Whether the searchers were told to stop, or never began. */
  #isIdle = true;
  /** A block of ours that is on its way into the store: no search until it is there. */
  #found: { readonly hash: Hash; readonly request: Request | undefined } | undefined;
  #foundCount = 0;
  #foundHashes: readonly Hash[] = [];

  constructor(options: { readonly params: NetworkParams; readonly mode: MiningMode; readonly pool: EntryPool }) {
    this.#params = options.params;
    this.#mode = options.mode;
    this.#pool = options.pool;
  }

  get mode(): MiningMode {
    return this.#mode;
  }

  /** The header being searched, if any. */
  get searching(): Header | undefined {
    return this.#job?.header;
  }

  get queuedCount(): number {
    return this.#requests.length;
  }

  /** Blocks found since the start, whether or not they stayed on the active chain. */
  get foundCount(): number {
    return this.#foundCount;
  }

  /** The latest of them, the last one first. */
  get foundHashes(): readonly Hash[] {
    return this.#foundHashes;
  }

  /** Queues a block to be mined. False where the queue is full. */
  request(id: RequestId, body: Body): boolean {
    if (this.#requests.length >= MINING_REQUESTS_MAX) return false;
    this.#requests.push({ id, body });
    return true;
  }

  cancel(id: RequestId): void {
    this.#requests = this.#requests.filter((request) => request.id !== id);
    if (this.#job?.request?.id === id) this.#job = undefined;
  }

  /** The block that `nonce` completes; undefined where the job is not the current one. */
  nonceFound(job: number, nonce: number): Block | undefined {
    if (this.#job?.number !== job) return undefined;
    const { header, body, request } = this.#job;
    const block = createBlock({ ...header, nonce }, body);
    this.#job = undefined;
    this.#found = { hash: block.hash, request };
    this.#foundCount++;
    this.#foundHashes = [block.hash, ...this.#foundHashes].slice(0, FOUND_HASHES_MAX);
    return block;
  }

  /** No nonce fits: the search goes on with a later timestamp. */
  exhausted(job: number): void {
    if (this.#job?.number === job) this.#job = undefined;
  }

  /** A block of ours could not be taken in; its request, if any, is given back. */
  foundRefused(): RequestId | undefined {
    const request = this.#found?.request;
    this.#found = undefined;
    if (request !== undefined) this.#requests = this.#requests.filter(({ id }) => id !== request.id);
    return request?.id;
  }

  /**
   * A commit is durable. If our own block is not awaited any more, that is settled: where the block is active its
   * request is answered, where another was better the request is mined again.
   */
  committed(chain: { isAwaited(hash: Hash): boolean; isActive(hash: Hash): boolean }): Effect[] {
    const found = this.#found;
    if (found === undefined || chain.isAwaited(found.hash)) return [];
    this.#found = undefined;
    const { request } = found;
    if (request === undefined || !chain.isActive(found.hash) || !this.#requests.includes(request)) return [];
    this.#requests = this.#requests.filter((other) => other !== request);
    return [{ type: 'answer', request: request.id, answer: { type: 'block-mined', hash: found.hash } }];
  }

  /** Takes back, and names, the requests whose block has not been found. */
  dismiss(): readonly RequestId[] {
    const dismissed = this.#requests.filter((request) => request !== this.#found?.request);
    this.#requests = this.#requests.filter((request) => request === this.#found?.request);
    return dismissed.map(({ id }) => id);
  }

  /** Ends the search, if there is one. */
  rest(): Effect[] {
    // A job that was taken away meanwhile has to be stopped as well.
    const wasSearching = !this.#isIdle;
    this.#job = undefined;
    this.#isIdle = true;
    return wasSearching ? [{ type: 'stop-search' }] : [];
  }

  /** Begins, goes on with, or ends a search, according to what there is to mine on `tip` now. */
  proceed(tip: ChainPoint, now: Now): Effect[] {
    if (this.#found !== undefined) return [];
    const request = this.#requests[0];
    const isWanted =
      request !== undefined || this.#mode === 'always' || (this.#mode === 'entries' && this.#pool.storedCount > 0);
    if (!isWanted) return this.rest();
    const current = this.#job;
    const isCurrent =
      current !== undefined &&
      current.header.previousHash === tip.hash &&
      current.request === request &&
      now.steadyMs - current.startedMs < MINING_JOB_AGE_MS_MAX &&
      !this.#isOutgrown(current, now.steadyMs);
    if (isCurrent) return [];
    const body =
      request?.body ?? (this.#pool.storedCount > 0 ? this.#pool.nextBody(this.#params) : bodyFromEntries([]));
    const header = createCandidateHeader({
      parent: tip,
      dataRoot: dataRoot(body.shape, entryIds(body)),
      clockSeconds: Math.floor(now.unixMs / 1000),
      params: this.#params,
    });
    this.#jobs++;
    this.#isIdle = false;
    this.#job = {
      number: this.#jobs,
      header,
      body,
      request,
      startedMs: now.steadyMs,
      waitingCount: this.#pool.storedCount,
    };
    return [{ type: 'search', job: this.#jobs, header }];
  }

  /** Whether more entries wait than `job` has in its block, though it has room for them. */
  #isOutgrown({ request, body, waitingCount, startedMs }: Job, nowMs: number): boolean {
    const { storedCount } = this.#pool;
    const hasRoom = entryCount(body) === waitingCount;
    if (request !== undefined || !hasRoom || storedCount === waitingCount) return false;
    // A large body takes a while to put together, and entries may come one by one.
    return storedCount <= MINING_SMALL_BODY_ENTRIES || nowMs - startedMs >= MINING_LARGE_JOB_AGE_MS_MIN;
  }
}
