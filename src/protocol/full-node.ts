/**
 * One peer's view of the ledger: what it knows, what it follows, what it tells others.
 *
 * A machine: inputs in, effects out, in order. The same inputs at the same times give the same effects, so a run can be
 * replayed exactly. It never touches a socket, a file or a clock; `src/node` carries its effects out.
 *
 * A block becomes part of the chain in one way only: its header enters the tree, its body the intake, both the store
 * in one `commit`, and only the input `committed` makes the block active and known to others.
 */
import { assertNever } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, requiredBits } from '../core/validation.ts';
import { AddressBook } from './address-book.ts';
import { BlockRelay } from './block-relay.ts';
import { BlockShelf } from './block-shelf.ts';
import type { TreeNode } from './block-tree.ts';
import { BodyDelivery } from './body-delivery.ts';
import { Doorkeeper } from './doorkeeper.ts';
import type { Effect, Input, PeerId, RefusalFault, RequestId } from './effects.ts';
import { EntryIntake } from './entry-intake.ts';
import type { EntryPool } from './entry-pool.ts';
import { EntryRelay } from './entry-relay.ts';
import { Ledger, type LedgerState } from './ledger.ts';
import { MINING_REQUESTS_MAX, SCORE_BAN } from './limits.ts';
import { Mender } from './mender.ts';
import type { Message } from './message.ts';
import { MessageJudge } from './message-judge.ts';
import { MiningDesk, type MiningMode } from './mining-desk.ts';
import type { Now } from './now.ts';
import { PeerBook } from './peer-book.ts';
import { isQuestion, PeerQuestions } from './peer-questions.ts';
import type { PeerSession } from './peer-session.ts';
import type { Refused } from './refused-entries.ts';
import { type HeadersOutcome, Sync, type SyncStatus } from './sync.ts';

export interface FullNodeOptions {
  readonly params: NetworkParams;
  readonly state: LedgerState;
  readonly localPeer: PeerId;
  /** Software and version, for peers to see. */
  readonly agent: string;
  /** Where this node can be dialled, to tell others. */
  readonly addresses: readonly string[];
  readonly miningMode: MiningMode;
  /** How many places of the active chain stay in memory; `CHAIN_WINDOW_BLOCKS` unless told. */
  readonly windowBlocks?: number;
}

export class FullNode {
  /** For what may be done before a large message is taken in. */
  readonly messageJudge: MessageJudge;
  readonly #params: NetworkParams;
  readonly #ledger: Ledger;
  readonly #peers = new PeerBook();
  readonly #addresses: AddressBook;
  readonly #door: Doorkeeper;
  readonly #sync: Sync;
  readonly #blockRelay: BlockRelay;
  readonly #shelf = new BlockShelf();
  readonly #relay: EntryRelay;
  readonly #questions: PeerQuestions;
  readonly #mender: Mender;
  readonly #bodies: BodyDelivery;
  readonly #mining: MiningDesk;
  readonly #entries: EntryIntake;
  #effects: Effect[] = [];
  #now: Now = { steadyMs: 0, unixMs: 0 };

  constructor(options: FullNodeOptions) {
    const { params } = options;
    this.#params = params;
    this.#ledger = new Ledger(params, options.state, options.windowBlocks);
    const { tree, intake, pool, judge } = this.#ledger;
    this.#addresses = new AddressBook({ localPeer: options.localPeer });
    const peers = this.#peers.full;
    this.#blockRelay = new BlockRelay({ tree, pool, params, judge });
    this.#sync = new Sync({ tree, intake, params, peers, questions: this.#blockRelay });
    this.#relay = new EntryRelay({ pool, peers });
    this.#entries = new EntryIntake({ params, ledger: this.#ledger, relay: this.#relay });
    const { sessions } = this.#peers;
    const [sync, relay, entries] = [this.#sync, this.#blockRelay, this.#entries];
    this.messageJudge = new MessageJudge({ params, peers: sessions, ledger: this.#ledger, sync, relay, entries });
    this.#mender = new Mender(peers);
    this.#bodies = new BodyDelivery({ params, ledger: this.#ledger, sync, relay, mender: this.#mender });
    this.#mining = new MiningDesk({ params, mode: options.miningMode, pool });
    this.#questions = new PeerQuestions({ shelf: this.#shelf, relay: this.#relay, addresses: this.#addresses });
    const { agent, addresses } = options;
    this.#door = new Doorkeeper({
      introduction: { genesis: createGenesis(params).hash, network: params.name, agent, addresses },
      peers: this.#peers,
      addresses: this.#addresses,
      followers: [this.#sync, this.#relay, this.#shelf],
    });
  }

  /** The last durable block of the chain that this node follows. */
  get tip(): ChainPoint {
    return this.#ledger.tree.tip.point;
  }

  /** How far this node is behind what was shown to it. */
  get sync(): SyncStatus {
    return this.#sync.status;
  }

  /** The compact target of the block after the tip. */
  get nextBits(): number {
    return requiredBits(this.tip, this.#params);
  }

  get pool(): Pick<EntryPool, 'count' | 'sizeBytes' | 'isAll' | 'find' | 'stored'> {
    return this.#ledger.pool;
  }

  /** Why the entry was not recorded, if its refusal is remembered; it may be pending or in a block by now. */
  refusedEntry(id: Hash): Refused | undefined {
    return this.#entries.refused(id, this.#nowMs);
  }

  get peers(): Iterable<PeerSession> {
    return this.#peers.sessions.values();
  }

  get mining(): Pick<MiningDesk, 'mode' | 'searching' | 'queuedCount' | 'foundCount' | 'foundHashes'> {
    return this.#mining;
  }

  /** How much it holds of what peers can make it hold, bytes of bodies that are not stored yet among it. */
  get holdings() {
    const { tree, intake } = this.#ledger;
    const [addresses, bans] = [this.#addresses.count, this.#peers.banCount];
    return { headers: tree.size, bodyBytes: intake.heldBytes, addresses, bans };
  }

  /** What happened that its owner must look at, if anything did. */
  get alarm(): string | undefined {
    return this.#ledger.alarm;
  }

  /** Since when the disk has had no room, by the steady clock; undefined while it has: see `Ledger`. */
  get fullSinceMs(): number | undefined {
    return this.#ledger.fullSinceMs;
  }

  /** The place of an active block in the recent window. */
  activeAt(height: number): ChainPoint | undefined {
    return this.#ledger.tree.activeAt(height)?.point;
  }

  /** The headers in memory: the recent window of the active chain, and what stands beside it. */
  get headers(): Iterable<TreeNode> {
    return this.#ledger.tree.nodes();
  }

  /** Milliseconds by the clock that never leaps. */
  get #nowMs(): number {
    return this.#now.steadyMs;
  }

  /** Takes in what happened, at `now` by this node's clocks, and gives back what is to be done. */
  handle(input: Input, now: Now): readonly Effect[] {
    this.#now = now;
    this.#effects = [];
    this.#take(input);
    this.#do(this.#ledger.startCommit(now.steadyMs));
    this.#do(this.fullSinceMs === undefined ? this.#mining.proceed(this.tip, now) : this.#mining.rest());
    return this.#effects;
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'peer-connected': {
        const { hash, header, work } = this.tip;
        return this.#do(this.#door.connected(input, { hash, height: header.height, work }, this.#nowMs));
      }
      case 'peer-disconnected':
        return this.#do(this.#door.disconnected(input.peer, input.reason, this.#nowMs));
      case 'message-received': {
        const peer = this.#peers.sessions.get(input.peer);
        return peer === undefined ? undefined : this.#messageReceived(peer, input.message);
      }
      case 'message-malformed':
        return this.#misbehaved(input.peer, input.fault.code, -SCORE_BAN);
      case 'address-known':
        return this.#addresses.add(input.address, input.source);
      case 'dial-succeeded':
        return this.#addresses.connected(input.peer, input.address, this.#nowMs);
      case 'dial-failed':
        return this.#addresses.failed(input.address, input.isFinal, this.#nowMs);
      case 'committed':
        return this.#committed(input);
      case 'commit-failed':
        this.#do(this.#ledger.commitFailed(this.#nowMs));
        for (const request of this.#mining.dismiss()) this.#refuse(request, { code: 'store-full' });
        return;
      case 'branch-point-loaded': {
        const peer = this.#peers.sessions.get(input.peer);
        if (peer === undefined) return;
        const outcome = this.#sync.branchPointLoaded(peer, input, this.#now);
        return this.#headersTaken(peer, outcome.effects, outcome.fault);
      }
      case 'pending-loaded':
        return this.#do(this.#relay.announce(this.#ledger.pendingLoaded(input.entries, input.isAll)));
      case 'block-damaged':
        return this.#do(this.#mender.found(input.point, this.#nowMs));
      case 'stored-block-invalid':
        return this.#do(this.#ledger.foundInvalid(input.height, input.fault));
      case 'entries-submitted':
      case 'entries-refused':
      case 'entries-found':
        return this.#do(this.#entries.take(input, this.#now));
      case 'mine-requested':
        if (this.fullSinceMs !== undefined) return this.#refuse(input.request, { code: 'store-full' });
        if (this.#mining.request(input.request, input.body)) return;
        return this.#refuse(input.request, { code: 'mining-queue-full', limit: MINING_REQUESTS_MAX });
      case 'request-cancelled':
        return this.#mining.cancel(input.request);
      case 'blocks-offered':
        return this.#do(this.#ledger.offerBlocks(input.request, input.from, input.blocks));
      case 'nonce-found': {
        const block = this.#mining.nonceFound(input.job, input.nonce);
        return block === undefined ? undefined : this.#blockMined(block);
      }
      case 'nonces-exhausted':
        return this.#mining.exhausted(input.job);
      case 'tick':
        return this.#tick();
      default:
        return assertNever(input);
    }
  }

  #messageReceived(peer: PeerSession, message: Message): void {
    peer.heardMs = this.#nowMs;
    if (!peer.isGreeted && message.type !== 'hello' && message.type !== 'goodbye') {
      return this.#misbehaved(peer.id, 'hello-missing', -SCORE_BAN);
    }
    if (isQuestion(message)) return this.#do(this.#questions.answer(peer, message));
    if (peer.isLight && !SAID_BY_LIGHT_PEERS.has(message.type)) return;
    switch (message.type) {
      case 'hello':
        return this.#do(this.#door.greeted(peer, message, this.#nowMs));
      case 'headers': {
        const outcome = this.#sync.headersReceived(peer, message.headers, this.#now);
        return this.#headersTaken(peer, outcome.effects, outcome.fault);
      }
      case 'block':
      case 'block-ids':
      case 'block-entries': {
        const { effects, fault } = this.#bodies.take(peer, message, this.#nowMs);
        this.#do(effects);
        return this.#blame(peer, fault);
      }
      case 'not-found':
        this.#do(this.#sync.notFound(peer, message.hashes, this.#nowMs));
        return;
      case 'inventory':
        // What there is no room for is not asked for: it will be told of again.
        if (this.fullSinceMs !== undefined) return;
        this.#do(this.#relay.inventoryReceived(peer, message.ids, this.#nowMs));
        return;
      case 'entries':
        return this.#blame(peer, this.#entries.received(peer, message.arrayBytes, this.#now));
      case 'peers':
        // Only once for each question: nobody fills the book with addresses of his choice.
        if (peer.isAskedForPeers) this.#addresses.learn(message.addresses, peer.address);
        peer.isAskedForPeers = false;
        return;
      case 'pong':
        peer.pingSentMs = undefined;
        return;
      case 'chain-proof':
      case 'header-proof':
      case 'entry-proof':
        // For light clients: a node that has the chain asks for none.
        return;
      case 'goodbye':
        return this.#do(this.#door.saidGoodbye(peer, message, this.#nowMs));
      default:
        return assertNever(message);
    }
  }

  #headersTaken(peer: PeerSession, effects: readonly Effect[], fault: HeadersOutcome['fault']): void {
    this.#do(effects);
    if (fault === undefined) return;
    this.#misbehaved(peer.id, fault.code, UNPROVEN.has(fault.code) ? 2 : -SCORE_BAN);
  }

  #blockMined(block: Block): void {
    const reason = this.#ledger.takeBlock(block);
    if (reason === undefined) return;
    const request = this.#mining.foundRefused();
    if (request !== undefined) this.#refuse(request, { code: 'block-refused', reason });
  }

  #committed(input: Input & { type: 'committed' }): void {
    const ledger = this.#ledger;
    const outcome = ledger.committed(input, this.#now.unixMs);
    this.#do(outcome.effects);
    this.#shelf.put(outcome.joined);
    this.#do(this.#mining.committed(ledger));
    if (outcome.hasNewTip) this.#announceTip();
    this.#do(this.#relay.announce(outcome.pending));
    if (outcome.hasNewTip) this.#do(this.#relay.remind({ hasNewBlock: true, nowMs: this.#nowMs }));
    this.#do(this.#sync.proceed(this.#nowMs));
  }

  /** Tells every peer of the new tip, by its header, but those that have shown it or have more work: it is no news to them. */
  #announceTip(): void {
    const { point } = this.#ledger.tree.tip;
    const headers = encodeHeader(point.header);
    for (const peer of this.#peers.sessions.values()) {
      // Also one that has not greeted yet: what our greeting said is old now.
      if (peer.best?.point.hash === point.hash || peer.hasMoreWorkThan(point.work)) continue;
      this.#send(peer.id, { type: 'headers', headers });
    }
  }

  #tick(): void {
    this.#do(this.#door.tick(this.#nowMs));
    for (const peer of this.#sync.findStalled(this.#nowMs)) this.#misbehaved(peer.id, 'blocks-stalled', 2);
    this.#do(this.#sync.proceed(this.#nowMs));
    this.#do(this.#relay.retryOverdue(this.#nowMs));
    this.#do(this.#relay.remind({ hasNewBlock: false, nowMs: this.#nowMs }));
    this.#do(this.#mender.retryOverdue(this.#nowMs));
    this.#do(this.#door.letGuestGo(this.tip.work, this.#nowMs));
    const { outboundCount } = this.#peers;
    const isTaken = (peer: PeerId) => this.#peers.isTaken(peer);
    this.#do(this.#addresses.due({ isTaken, outboundCount, nowMs: this.#nowMs }));
  }

  #blame(peer: PeerSession, fault: string | undefined): void {
    if (fault !== undefined) this.#misbehaved(peer.id, fault, -SCORE_BAN);
  }

  #misbehaved(peer: PeerId, code: string, points: number): void {
    this.#do(this.#door.misbehaved(peer, { code, points }, this.#nowMs));
  }

  #refuse(request: RequestId, fault: RefusalFault): void {
    this.#effects.push({ type: 'answer', request, answer: { type: 'refused', fault } });
  }

  #send(peer: PeerId, message: Message): void {
    this.#effects.push({ type: 'send', peer, message });
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) this.#effects.push(effect);
  }
}

/** What may come of a reorganisation, or of our own want of room. */
const UNPROVEN: ReadonlySet<string> = new Set(['parent-unknown', 'header-tree-full', 'headers-changed']);
/** All else that a light client could say is about blocks and entries, of which it has none. */
const SAID_BY_LIGHT_PEERS: ReadonlySet<Message['type']> = new Set(['hello', 'pong', 'goodbye']);
