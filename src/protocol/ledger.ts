/**
 * The chain and the pool of one node, and the only way into them: whatever becomes durable goes through one commit at
 * a time, and counts from the moment that commit is done.
 *
 * Where the disk has no room, nothing is taken in: what was not stored yet is refused, but for blocks, which wait, within
 * the bounds of their intake. A commit is tried now and then, of what waits, or of nothing.
 */
import { assert, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, hashedHeader } from '../core/validation.ts';
import { BlockIntake, type IntakePlan } from './block-intake.ts';
import { BlockTree, pathFromActive, type TreeNode } from './block-tree.ts';
import type { Commit, Effect, PooledEntry, RefusalFault, RequestId, SubmittedEntry } from './effects.ts';
import { EntryPool } from './entry-pool.ts';
import {
  COMMIT_BYTES_MAX,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
  REORGANISATION_ALARM_BLOCKS,
  STORE_FULL_RETRY_MS,
} from './limits.ts';
import { SideEntries } from './side-entries.ts';

/** What a store holds when the node starts: see `StoredChain` there. */
export interface LedgerState {
  readonly window: readonly ChainPoint[];
  readonly milestones: readonly Hash[];
  readonly pending: { readonly entries: readonly PooledEntry[]; readonly isAll: boolean };
  /** The ids of the entries in the latest blocks, oldest first, as far as they were read. */
  readonly recentIds?: readonly Hash[];
}

/** What a commit has changed. */
export interface CommitOutcome {
  readonly effects: readonly Effect[];
  readonly hasNewTip: boolean;
  /** Of the blocks that joined the active chain, those that were stored just now. */
  readonly joined: readonly Block[];
  /** Entries that are pending and durable since now. */
  readonly pending: readonly PooledEntry[];
}

interface CommitInFlight {
  readonly plan: IntakePlan;
  readonly mended: Commit['blocks'];
  readonly pendingAdded: readonly PooledEntry[];
}

/** Entries of this node's user, answered when all of them are stored. */
interface Submission {
  readonly request: RequestId;
  readonly entries: readonly SubmittedEntry[];
}

/** Blocks of this node's user, answered when the last of them is stored. */
interface Offer {
  readonly request: RequestId;
  readonly last: Hash;
}

export class Ledger {
  readonly tree: BlockTree;
  readonly intake = new BlockIntake();
  readonly pool: EntryPool;
  readonly #side = new SideEntries();
  #commit: CommitInFlight | undefined;
  /** Entries that the next commits make durable. */
  #unstored: PooledEntry[] = [];
  /** Damaged blocks that the next commit stores again. */
  #mended: Commit['blocks'][number][] = [];
  #submissions: Submission[] = [];
  #offers: Offer[] = [];
  #alarm: string | undefined;
  /** Set while the disk has no room. */
  #full: { readonly sinceMs: number; readonly retryMs: number } | undefined;
  /** Whether pending entries are being read from disk. */
  #isLoading = false;

  constructor(params: NetworkParams, state: LedgerState, windowBlocks?: number) {
    this.tree = new BlockTree({ params, window: state.window, milestones: state.milestones, windowBlocks });
    this.pool = new EntryPool(state.pending.entries, state.recentIds, state.pending.isAll);
  }

  get alarm(): string | undefined {
    return this.#alarm;
  }

  /** Since when the disk has had no room, by the steady clock; undefined while it has. */
  get fullSinceMs(): number | undefined {
    return this.#full?.sinceMs;
  }

  /** Whether the block waits to be stored. One whose branch has been forgotten meanwhile does not: it lost its race. */
  isAwaited(hash: Hash): boolean {
    return this.tree.find(hash)?.body === 'held';
  }

  isActive(hash: Hash): boolean {
    return this.tree.find(hash)?.isActive === true;
  }

  /** Takes in a block that did not come from a peer; gives back the code of the rule it breaks, if it does. */
  takeBlock(block: Block): string | undefined {
    const node = this.tree.add(hashedHeader(block.header));
    if (!node.ok) return node.fault.code;
    if (node.value.body === 'missing') this.intake.hold(node.value, block);
    return undefined;
  }

  /** Takes in a block that is stored already and damaged there: storing it again mends it. */
  mendBlock(block: Block, work: bigint): void {
    this.#mended.push({ block, work });
  }

  /** Takes in blocks of this node's user that build on `from`, and answers when they are stored. */
  offerBlocks(request: RequestId, from: ChainPoint, blocks: readonly Block[]): Effect[] {
    if (this.#full !== undefined) return [refusal(request, { code: 'store-full' })];
    if (this.tree.addAnchor(from) === undefined) return [refusal(request, blockRefused('parent-unknown'))];
    for (const block of blocks) {
      const reason = this.takeBlock(block);
      if (reason !== undefined) return [refusal(request, blockRefused(reason))];
    }
    this.#offers.push({ request, last: assertPresent(blocks.at(-1), 'an offer is not empty').hash });
    return this.#answerOffers();
  }

  /** Takes in entries of this node's user, and answers when they are stored. */
  submit(request: RequestId, entries: readonly PooledEntry[]): Effect[] {
    if (this.#full !== undefined) return [refusal(request, { code: 'store-full' })];
    if (!this.pool.hasRoomFor(entries)) {
      return [refusal(request, { code: 'pool-full', entriesMax: PENDING_ENTRIES_MAX, bytesMax: PENDING_BYTES_MAX })];
    }
    const submitted = entries.map((entry): SubmittedEntry => {
      const isNew = this.pool.add(entry, undefined);
      if (isNew) this.#unstored.push(entry);
      return { id: entry.id, status: isNew ? 'pending' : 'already-pending' };
    });
    this.#submissions.push({ request, entries: submitted });
    return this.#answerSubmissions();
  }

  /** Takes in an entry of a peer; its own share of the pool is bounded. */
  takeEntry(entry: PooledEntry, peer: string): void {
    if (this.#full !== undefined || this.pool.isRecent(entry.id)) return;
    if (this.pool.add(entry, peer)) this.#unstored.push(entry);
  }

  /** The next commit, if there is something to store and none is on its way. Of nothing, where it is to be seen if there is room. */
  startCommit(nowMs: number): Effect[] {
    if (this.#commit !== undefined || this.#isLoading) return [];
    if (this.#full !== undefined && nowMs < this.#full.retryMs) return [];
    const { shortage } = this.pool;
    if (shortage !== undefined) {
      // Not beside a commit, which may take some of them out.
      this.#isLoading = true;
      return [{ type: 'load-pending', ...shortage }];
    }
    this.#unstored = this.#unstored.filter(({ id }) => this.pool.has(id));
    const isWanted = this.intake.hasReady || this.#unstored.length > 0 || this.#mended.length > 0;
    if (!isWanted && this.#full === undefined) return [];
    const plan = this.intake.plan(this.tree.tip);
    const path = assertPresent(pathFromActive(plan.tip), 'a plan builds on the active chain');
    const pendingAdded = this.#takeUnstored();
    const mended = this.#mended;
    this.#mended = [];
    this.#commit = { plan, mended, pendingAdded };
    const first = path[0];
    const activate =
      first === undefined
        ? undefined
        : { forkHeight: first.point.header.height - 1, added: path.map(({ point }) => point.hash) };
    const blocks = [...mended, ...plan.blocks.map(({ node, block }) => ({ block, work: node.point.work }))];
    return [{ type: 'commit', change: { blocks, pendingAdded, activate } }];
  }

  /** The oldest pending entries on disk. Gives back those that were not in the pool. */
  pendingLoaded(entries: readonly PooledEntry[], isAll: boolean): readonly PooledEntry[] {
    this.#isLoading = false;
    return this.pool.addLoaded(entries, isAll);
  }

  /** The commit that was started is durable; `change` is what the store says of it. */
  committed(change: {
    readonly removed: readonly Hash[];
    readonly returned: readonly PooledEntry[];
    readonly isAllReturned: boolean;
    readonly included: readonly Hash[];
  }): CommitOutcome {
    const { plan, pendingAdded } = assertPresent(this.#commit, 'what is committed was asked for');
    this.#commit = undefined;
    const hadNoRoom = this.#full !== undefined;
    this.#full = undefined;
    const oldTip = this.tree.tip.point;
    this.intake.complete(plan);
    const move = this.tree.activate(plan.tip);
    assert(move.removedCount === change.removed.length, 'machine and store moved the chain alike');
    this.pool.markStored(pendingAdded);
    const joined = plan.blocks.filter(({ node }) => node.isActive).map(({ block }) => block);
    for (const { node, block } of plan.blocks) if (!node.isActive) this.#side.put(block);
    for (const { body } of joined) this.pool.removeIncluded(entryIds(body));
    // Blocks at hand say it themselves; of those that were stored before, it is remembered, or the store says it.
    if (joined.length < move.added.length) {
      for (const { point } of move.added) this.pool.removeIncluded(this.#side.take(point.hash));
      this.pool.removeIncluded(change.included);
    }
    this.pool.addReturned(change.returned, change.isAllReturned);
    const pending = [...pendingAdded.filter(({ id }) => this.pool.has(id)), ...change.returned];
    const effects: Effect[] = [
      ...(hadNoRoom ? [reportOf('info', 'store-has-room')] : []),
      ...this.#chainMoved(change.removed, oldTip.header, move.added),
      ...pending.map(({ id }): Effect => ({ type: 'notify', event: { type: 'entry-pending', id } })),
      ...this.#answerSubmissions(),
      ...this.#answerOffers(),
    ];
    return { effects, hasNewTip: move.added.length > 0, joined, pending };
  }

  /** There was no room for the commit that was started. Blocks wait; everything else that was not stored is refused. */
  commitFailed(nowMs: number): Effect[] {
    const { plan, mended, pendingAdded } = assertPresent(this.#commit, 'what failed was asked for');
    this.#commit = undefined;
    this.intake.putBack(plan);
    this.#mended = [...mended, ...this.#mended];
    this.pool.drop([...pendingAdded, ...this.#unstored]);
    this.#unstored = [];
    const refused = [...this.#submissions, ...this.#offers].map(({ request }) =>
      refusal(request, { code: 'store-full' }),
    );
    this.#submissions = [];
    this.#offers = [];
    const isNews = this.#full === undefined;
    this.#full = { sinceMs: this.#full?.sinceMs ?? nowMs, retryMs: nowMs + STORE_FULL_RETRY_MS };
    return isNews ? [...refused, reportOf('warn', 'store-full')] : refused;
  }

  #chainMoved(removed: readonly Hash[], oldTip: Header, added: readonly TreeNode[]): Effect[] {
    const effects: Effect[] = [
      ...removed.map((hash, i): Effect => {
        return { type: 'notify', event: { type: 'block-removed', hash, height: oldTip.height - i } };
      }),
      ...added.map(({ point: { hash, header }, entries }): Effect => {
        return { type: 'notify', event: { type: 'block-added', hash, header, entries } };
      }),
    ];
    if (removed.length > REORGANISATION_ALARM_BLOCKS) {
      this.#alarm = `a reorganisation undid ${removed.length} blocks, down from height ${oldTip.height}`;
      effects.push({ type: 'report', level: 'warn', code: 'reorganisation-deep', facts: { blocks: removed.length } });
    }
    return effects;
  }

  /** The oldest unstored entries, as many as one transaction takes. */
  #takeUnstored(): PooledEntry[] {
    let sizeBytes = 0;
    let count = 0;
    for (const { bytes } of this.#unstored) {
      sizeBytes += bytes.length;
      if (count > 0 && sizeBytes > COMMIT_BYTES_MAX) break;
      count++;
    }
    const taken = this.#unstored.slice(0, count);
    this.#unstored = this.#unstored.slice(count);
    return taken;
  }

  /** An entry that has left the pool meanwhile is in a block, and so all the more durable. */
  #answerSubmissions(): Effect[] {
    const effects: Effect[] = [];
    this.#submissions = this.#submissions.filter(({ request, entries }) => {
      if (entries.some(({ id }) => this.pool.has(id) && !this.pool.isStored(id))) return true;
      effects.push({ type: 'answer', request, answer: { type: 'entries-pending', entries } });
      return false;
    });
    return effects;
  }

  #answerOffers(): Effect[] {
    const effects: Effect[] = [];
    this.#offers = this.#offers.filter(({ request, last }) => {
      if (this.isAwaited(last)) return true;
      effects.push({ type: 'answer', request, answer: { type: 'blocks-taken' } });
      return false;
    });
    return effects;
  }
}

function refusal(request: RequestId, fault: RefusalFault): Effect {
  return { type: 'answer', request, answer: { type: 'refused', fault } };
}

function blockRefused(reason: string): RefusalFault {
  return { code: 'block-refused', reason };
}

function reportOf(level: 'info' | 'warn', code: string): Effect {
  return { type: 'report', level, code, facts: {} };
}
