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
import type { Commit, Effect, EntryPlace, PooledEntry, RefusalFault, RequestId, SubmittedEntry } from './effects.ts';
import { EntryJudge } from './entry-judge.ts';
import { EntryPool } from './entry-pool.ts';
import { COMMIT_BYTES_MAX, REORGANISATION_ALARM_BLOCKS, STORE_FULL_RETRY_MS } from './limits.ts';
import { OnceDesk, type OnceSubmission } from './once-desk.ts';
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
  readonly handedIn: OnceSubmission;
  readonly entries: readonly SubmittedEntry[];
  /** How often blocks had left the chain when the places of its entries were looked up; undefined where it names none. */
  readonly switches: number | undefined;
}

interface Unstored extends PooledEntry {
  readonly request: RequestId | undefined;
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
  readonly judge: EntryJudge;
  readonly #side = new SideEntries();
  #commit: CommitInFlight | undefined;
  /** Entries that the next commits make durable, each with the question that it belongs to, if it does. */
  #unstored: Unstored[] = [];
  /** Damaged blocks that the next commit stores again. */
  #mended: Commit['blocks'][number][] = [];
  #submissions: Submission[] = [];
  readonly #once = new OnceDesk();
  #offers: Offer[] = [];
  #alarm: string | undefined;
  /** How often blocks have left the active chain. */
  #switches = 0;
  /** Set while the disk has no room. */
  #full: { readonly sinceMs: number; readonly retryMs: number } | undefined;
  /** Whether pending entries are being read from disk. */
  #isLoading = false;

  constructor(params: NetworkParams, state: LedgerState, windowBlocks?: number) {
    this.tree = new BlockTree({ params, window: state.window, milestones: state.milestones, windowBlocks });
    this.pool = new EntryPool(state.pending.entries, state.recentIds, state.pending.isAll);
    this.judge = new EntryJudge(params, this.pool);
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

  /** The block of `node`, whose body is missing, can never be one: it leaves the tree, and all that stands on it. */
  condemn(node: TreeNode): void {
    this.intake.dropBranch(this.tree.condemn(node));
  }

  /** A block of the active chain breaks the rule `fault`, which is newer than it: an alarm, as nobody else will follow it. */
  foundInvalid(height: number, fault: string): Effect[] {
    const cause = `block ${height} breaks a rule that is newer than it (${fault}), so nodes of this version follow no chain with it`;
    this.#alarm = `${cause}; move the data folder away and let the node fetch the chain anew (docs/operations.md, "Upgrade")`;
    return [{ type: 'report', level: 'warn', code: 'stored-block-invalid', facts: { height, fault } }];
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

  /** Takes in entries of this node's user, and answers when they are stored. `unixMs` is the time on the wall, here as below. */
  submit(request: RequestId, entries: readonly PooledEntry[], unixMs: number): Effect[] {
    if (this.#full !== undefined) return [refusal(request, { code: 'store-full' })];
    return this.#takeSubmission({ request, entries }, NO_PLACES, unixMs);
  }

  /** As `submit`, but for those that are in the chain already: they are not recorded again. */
  submitOnce(request: RequestId, entries: readonly PooledEntry[]): Effect[] {
    if (this.#full !== undefined) return [refusal(request, { code: 'store-full' })];
    this.#once.add({ request, entries });
    return [];
  }

  /** The answer to `find-entries`: the chain was looked through up to the height `indexedTo`. */
  entriesFound(found: readonly (EntryPlace | undefined)[], indexedTo: number, unixMs: number): Effect[] {
    assert(this.#commit === undefined, 'what was looked up after a commit is answered after it');
    const { submissions, places } = this.#once.answered(found);
    const { height } = this.tree.tip.point.header;
    return submissions.flatMap((submission) => {
      const isKnown = ({ id }: PooledEntry) => places.has(id) || this.pool.has(id);
      if (indexedTo >= height || submission.entries.every(isKnown)) {
        return this.#takeSubmission(submission, places, unixMs);
      }
      return [refusal(submission.request, { code: 'entry-index-busy', indexedTo, height })];
    });
  }

  /** Takes in an entry of a peer; its own share of the pool is bounded. */
  takeEntry(entry: PooledEntry, peer: string, unixMs: number): void {
    if (this.#full !== undefined || this.pool.isRecent(entry.id)) return;
    if (this.pool.add(entry, peer, unixMs)) this.#unstored.push({ ...entry, request: undefined });
  }

  /** The next commit, if there is something to store and none is on its way. Of nothing, where it is to be seen if there is room. */
  startCommit(nowMs: number): Effect[] {
    if (this.#commit !== undefined || this.#isLoading || this.#once.isAsking) return [];
    if (this.#full !== undefined && nowMs < this.#full.retryMs) return [];
    const { shortage } = this.pool;
    if (shortage !== undefined) {
      // Not beside a commit, which may take some of them out.
      this.#isLoading = true;
      return [{ type: 'load-pending', ...shortage }];
    }
    this.#unstored = this.#unstored.filter(({ id }) => this.pool.has(id));
    const isWanted = this.intake.hasReady || this.#unstored.length > 0 || this.#mended.length > 0;
    // Looked up after the commit is done: the next one has what it stores then, and no turn of its own is lost.
    const question = this.#once.isWaiting ? [this.#once.ask()] : [];
    if (!isWanted && this.#full === undefined) return question;
    const plan = this.#nextPlan();
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
    return [{ type: 'commit', change: { blocks, pendingAdded, activate } }, ...question];
  }

  /** The oldest pending entries on disk. Gives back those that were not in the pool. */
  pendingLoaded(entries: readonly PooledEntry[], isAll: boolean): readonly PooledEntry[] {
    this.#isLoading = false;
    return this.pool.addLoaded(entries, isAll);
  }

  /** The commit that was started is durable; `change` is what the store says of it. */
  committed(
    change: {
      readonly removed: readonly Hash[];
      readonly returned: readonly PooledEntry[];
      readonly isAllReturned: boolean;
      readonly included: readonly Hash[];
    },
    unixMs: number,
  ): CommitOutcome {
    const { plan, pendingAdded } = assertPresent(this.#commit, 'what is committed was asked for');
    this.#commit = undefined;
    const hadNoRoom = this.#full !== undefined;
    this.#full = undefined;
    const oldTip = this.tree.tip.point;
    if (change.removed.length > 0) this.#switches++;
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
    this.pool.addReturned(change.returned, change.isAllReturned, unixMs);
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
    const submitted = this.#submissions.map(({ handedIn }) => handedIn);
    const refused = [...submitted, ...this.#once.dismiss(), ...this.#offers].map(({ request }) =>
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

  /** Takes entries in that are not in `places`, all of them or none, to be answered when they are stored. */
  #takeSubmission(handedIn: OnceSubmission, places: ReadonlyMap<Hash, EntryPlace>, unixMs: number): Effect[] {
    const { request, entries, taken = NOTHING_TAKEN } = handedIn;
    const lack = this.pool.lackFor(entries.filter(({ id }) => !this.pool.has(id) && !places.has(id)));
    if (lack !== undefined) return [refusal(request, lack)];
    const submitted = entries.map((entry): SubmittedEntry => {
      const { id } = entry;
      const place = places.get(id);
      if (place !== undefined && !this.pool.has(id)) return { id, status: 'in-block', place };
      const isNew = this.pool.add(entry, undefined, unixMs);
      if (isNew) this.#unstored.push({ ...entry, request });
      return { id, status: isNew || taken.has(id) ? 'pending' : 'already-pending' };
    });
    const namesPlaces = submitted.some(({ status }) => status === 'in-block');
    this.#submissions.push({ handedIn, entries: submitted, switches: namesPlaces ? this.#switches : undefined });
    return this.#answerSubmissions();
  }

  /**
   * What the next commit stores of the blocks. None, where one that joins the chain was stored long ago, so that its entries may be
   * forgotten here, and not all unstored entries fit into the same commit: the store takes those out that it has by then.
   */
  #nextPlan(): IntakePlan {
    const plan = this.intake.plan(this.tree.tip);
    const path = pathFromActive(plan.tip) ?? [];
    const mayBeForgotten = path.some((node) => node.body === 'stored' && !this.#side.has(node.point.hash));
    if (!mayBeForgotten) return plan;
    const sizeBytes = this.#unstored.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (sizeBytes <= COMMIT_BYTES_MAX) return plan;
    this.intake.putBack(plan);
    return { blocks: [], tip: this.tree.tip };
  }

  /** The oldest unstored entries, about as many as one transaction takes: those of one question are stored together or not at all. */
  #takeUnstored(): PooledEntry[] {
    let sizeBytes = 0;
    let count = 0;
    let last: RequestId | undefined;
    for (const { bytes, request } of this.#unstored) {
      sizeBytes += bytes.length;
      const isOfLast = request !== undefined && request === last;
      if (count > 0 && sizeBytes > COMMIT_BYTES_MAX && !isOfLast) break;
      last = request;
      count++;
    }
    const taken = this.#unstored.slice(0, count);
    this.#unstored = this.#unstored.slice(count);
    return taken;
  }

  /**
   * An entry that has left the pool meanwhile is in a block, and so all the more durable. Where blocks have left the chain, the
   * places that were found may be none by now: they are looked up anew.
   */
  #answerSubmissions(): Effect[] {
    const effects: Effect[] = [];
    this.#submissions = this.#submissions.filter(({ handedIn, entries, switches }) => {
      if (entries.some(({ id }) => this.pool.has(id) && !this.pool.isStored(id))) return true;
      if (switches === undefined || switches === this.#switches) {
        effects.push({ type: 'answer', request: handedIn.request, answer: { type: 'entries-pending', entries } });
        return false;
      }
      const taken = new Set(entries.flatMap(({ id, status }) => (status === 'pending' ? [id] : [])));
      this.#once.add({ ...handedIn, taken });
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

const NO_PLACES: ReadonlyMap<Hash, EntryPlace> = new Map();
const NOTHING_TAKEN: ReadonlySet<Hash> = new Set();

function refusal(request: RequestId, fault: RefusalFault): Effect {
  return { type: 'answer', request, answer: { type: 'refused', fault } };
}

function blockRefused(reason: string): RefusalFault {
  return { code: 'block-refused', reason };
}

function reportOf(level: 'info' | 'warn', code: string): Effect {
  return { type: 'report', level, code, facts: {} };
}
