/**
 * One peer's view of the ledger: what it knows, what it follows, what it tells others.
 *
 * A machine: inputs in, effects out, in order. The same inputs at the same times give the same effects, so a run can be
 * replayed exactly. It never touches a socket, a file or a clock; `src/node` carries its effects out.
 *
 * A block becomes part of the chain in one way only: its header enters the tree, its body the intake, both the store
 * in one `commit`, and only the input `committed` makes the block active and known to others.
 */
import { assert, assertNever } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { scanCanonical } from '../core/canonical-scan.ts';
import type { Hash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, createGenesis, hashedHeader, requiredBits, validateBody } from '../core/validation.ts';
import { AddressBook, isLoopbackAddress } from './address-book.ts';
import type { TreeFault } from './block-tree.ts';
import type { Effect, Input, PeerId, RefusalFault, RequestId } from './effects.ts';
import type { EntryPool } from './entry-pool.ts';
import { EntryRelay } from './entry-relay.ts';
import { Ledger, type LedgerState } from './ledger.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  BAN_MS,
  HANDSHAKE_TIMEOUT_MS,
  HEADERS_PER_MESSAGE_MAX,
  IDS_PER_MESSAGE_MAX,
  MINING_REQUESTS_MAX,
  PEERS_MAX,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  SCORE_BAN,
  SCORE_DISCONNECT,
} from './limits.ts';
import type { Message } from './message.ts';
import { MiningDesk, type MiningMode } from './mining-desk.ts';
import { PeerSession } from './peer-session.ts';
import { Sync } from './sync.ts';

export interface FullNodeOptions {
  readonly params: NetworkParams;
  readonly state: LedgerState;
  readonly localPeer: PeerId;
  /** Software and version, for peers to see. */
  readonly agent: string;
  /** Where this node can be dialled, to tell others. */
  readonly addresses: readonly string[];
  readonly miningMode: MiningMode;
}

export class FullNode {
  readonly #options: FullNodeOptions;
  readonly #params: NetworkParams;
  readonly #genesis: Hash;
  readonly #ledger: Ledger;
  readonly #peers = new Map<PeerId, PeerSession>();
  readonly #bannedUntilMs = new Map<PeerId, number>();
  readonly #addresses: AddressBook;
  readonly #sync: Sync;
  readonly #relay: EntryRelay;
  readonly #mining: MiningDesk;
  #effects: Effect[] = [];
  #nowMs = 0;

  constructor(options: FullNodeOptions) {
    const { params } = options;
    this.#options = options;
    this.#params = params;
    this.#genesis = createGenesis(params).hash;
    this.#ledger = new Ledger(params, options.state);
    const { tree, intake, pool } = this.#ledger;
    this.#addresses = new AddressBook({ localPeer: options.localPeer });
    this.#sync = new Sync({ tree, intake, params, peers: this.#peers });
    this.#relay = new EntryRelay({ pool, peers: this.#peers });
    this.#mining = new MiningDesk({ params, mode: options.miningMode, pool });
  }

  /** The last durable block of the chain that this node follows. */
  get tip(): ChainPoint {
    return this.#ledger.tree.tip.point;
  }

  /** How far the headers with the most work are ahead of the tip: blocks that are still to come. */
  get behind(): number {
    return Math.max(0, this.#ledger.tree.bestHeader.point.header.height - this.tip.header.height);
  }

  /** The compact target of the block after the tip. */
  get nextBits(): number {
    return requiredBits(this.tip, this.#params);
  }

  get pool(): Pick<EntryPool, 'count' | 'sizeBytes' | 'find' | 'stored'> {
    return this.#ledger.pool;
  }

  get peers(): Iterable<PeerSession> {
    return this.#peers.values();
  }

  get mining(): Pick<MiningDesk, 'mode' | 'searching' | 'queuedCount' | 'foundCount'> {
    return this.#mining;
  }

  /** What happened that its owner must look at, if anything did. */
  get alarm(): string | undefined {
    return this.#ledger.alarm;
  }

  /** The place of an active block in the recent window. */
  activeAt(height: number): ChainPoint | undefined {
    return this.#ledger.tree.activeAt(height)?.point;
  }

  /** Takes in what happened, at `nowMs` by the local clock (Unix milliseconds), and gives back what is to be done. */
  handle(input: Input, nowMs: number): readonly Effect[] {
    this.#nowMs = nowMs;
    this.#effects = [];
    this.#take(input);
    this.#do(this.#ledger.startCommit());
    this.#do(this.#mining.proceed(this.tip, nowMs));
    return this.#effects;
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'peer-connected':
        return this.#peerConnected(input);
      case 'peer-disconnected':
        return this.#peerGone(input.peer, input.reason);
      case 'message-received': {
        const peer = this.#peers.get(input.peer);
        return peer === undefined ? undefined : this.#messageReceived(peer, input.message);
      }
      case 'message-malformed':
        return this.#misbehaved(input.peer, input.fault.code, -SCORE_BAN);
      case 'address-known':
        return this.#addresses.add(input.address, input.source);
      case 'dial-failed':
        return this.#addresses.failed(input.address, input.isFinal, this.#nowMs);
      case 'committed':
        return this.#committed(input);
      case 'branch-point-loaded': {
        const peer = this.#peers.get(input.peer);
        if (peer === undefined) return;
        const outcome = this.#sync.branchPointLoaded(peer, input.point, this.#nowMs);
        return this.#headersTaken(peer, outcome.effects, outcome.fault);
      }
      case 'entries-submitted':
        return this.#do(this.#ledger.submit(input.request, input.entries));
      case 'mine-requested':
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

  // Peers: greeting, misbehaviour, leaving.

  #peerConnected(input: Input & { type: 'peer-connected' }): void {
    const { peer: id, address, direction } = input;
    if ((this.#bannedUntilMs.get(id) ?? 0) > this.#nowMs)
      return this.#effect({ type: 'disconnect', peer: id, note: 'banned' });
    if (this.#peers.size >= PEERS_MAX)
      return this.#dismiss(id, 'peers-full', `this node has ${PEERS_MAX} peers already`);
    assert(!this.#peers.has(id), 'a peer has one stream');
    if (direction === 'outbound') this.#addresses.succeeded(address, this.#nowMs);
    this.#peers.set(id, new PeerSession({ id, address, direction, nowMs: this.#nowMs }));
    const { hash, header, work } = this.tip;
    this.#send(id, {
      type: 'hello',
      genesis: this.#genesis,
      network: this.#params.name,
      agent: this.#options.agent,
      tip: { hash, height: header.height, work },
      addresses: this.#options.addresses.slice(0, ADDRESSES_PER_MESSAGE_MAX),
    });
  }

  #peerGone(id: PeerId, reason: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    this.#do(this.#sync.peerGone(peer, this.#nowMs));
    this.#do(this.#relay.peerGone(peer, this.#nowMs));
    if (peer.isGreeted) this.#effect({ type: 'notify', event: { type: 'peer-left', peer: id, reason } });
  }

  #greeted(peer: PeerSession, hello: Message & { type: 'hello' }): void {
    if (peer.isGreeted) return this.#misbehaved(peer.id, 'hello-twice', 10);
    if (hello.genesis !== this.#genesis) {
      const ours = `${this.#params.name} (genesis ${this.#genesis})`;
      const theirs = `${hello.network} (genesis ${hello.genesis})`;
      return this.#dismiss(peer.id, 'network-other', `this node is of the network ${ours}, the peer of ${theirs}`);
    }
    peer.agent = hello.agent;
    peer.claimedTip = hello.tip;
    this.#learnAddresses(peer, hello.addresses);
    this.#effect({ type: 'notify', event: { type: 'peer-joined', peer: peer.id } });
    this.#do(this.#sync.greeted(peer, this.#nowMs));
    this.#do(this.#relay.greeted(peer));
    if (peer.direction === 'outbound') this.#send(peer.id, { type: 'get-peers' });
  }

  /** A peer on another machine means its own loopback, not ours. */
  #learnAddresses(peer: PeerSession, addresses: readonly string[]): void {
    for (const address of addresses) {
      if (!isLoopbackAddress(address) || isLoopbackAddress(peer.address)) this.#addresses.add(address, 'peer');
    }
  }

  /** Lowers the peer's score by `points`; low enough, it is hung up on, or banned. */
  #misbehaved(id: PeerId, code: string, points: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    const score = peer.penalise(points, this.#nowMs);
    this.#effect({ type: 'report', level: 'warn', code: 'peer-misbehaved', facts: { peer: id, fault: code, score } });
    if (score > SCORE_DISCONNECT) return;
    if (score <= SCORE_BAN) this.#bannedUntilMs.set(id, this.#nowMs + BAN_MS);
    this.#dismiss(id, code, 'too many faults');
  }

  /** Says why, then hangs up. */
  #dismiss(id: PeerId, code: string, message: string): void {
    this.#send(id, { type: 'goodbye', code, message });
    this.#effect({ type: 'disconnect', peer: id, note: `${code}: ${message}` });
    this.#peerGone(id, code);
  }

  #messageReceived(peer: PeerSession, message: Message): void {
    peer.heardMs = this.#nowMs;
    if (!peer.isGreeted && message.type !== 'hello' && message.type !== 'goodbye') {
      return this.#misbehaved(peer.id, 'hello-missing', -SCORE_BAN);
    }
    switch (message.type) {
      case 'hello':
        return this.#greeted(peer, message);
      case 'get-headers':
        return this.#effect({
          type: 'serve-headers',
          peer: peer.id,
          locator: message.locator,
          max: HEADERS_PER_MESSAGE_MAX,
        });
      case 'headers': {
        const outcome = this.#sync.headersReceived(peer, message.headers, this.#nowMs);
        return this.#headersTaken(peer, outcome.effects, outcome.fault);
      }
      case 'get-blocks':
        return this.#effect({ type: 'serve-blocks', peer: peer.id, hashes: message.hashes });
      case 'block':
        return this.#blockReceived(peer, message.hash, message.bodyBytes);
      case 'not-found':
        this.#do(this.#sync.notFound(peer, message.hashes, this.#nowMs));
        return;
      case 'inventory':
        this.#do(this.#relay.inventoryReceived(peer, message.ids, this.#nowMs));
        return;
      case 'get-entries':
        this.#do(this.#relay.entriesAsked(peer, message.ids));
        return;
      case 'entries':
        return this.#entriesReceived(peer, message.arrayBytes);
      case 'get-peers': {
        const addresses = this.#addresses.shareable(ADDRESSES_PER_MESSAGE_MAX);
        return this.#send(peer.id, { type: 'peers', addresses });
      }
      case 'peers':
        return this.#learnAddresses(peer, message.addresses);
      case 'ping':
        return this.#send(peer.id, { type: 'pong', nonce: message.nonce });
      case 'pong':
        peer.pingSentMs = undefined;
        return;
      case 'goodbye': {
        const { code, message: text } = message;
        return this.#effect({
          type: 'report',
          level: 'info',
          code: 'peer-said-goodbye',
          facts: { peer: peer.id, code, text },
        });
      }
      default:
        return assertNever(message);
    }
  }

  // Blocks: from peers, from the miner, from the user.

  #headersTaken(peer: PeerSession, effects: readonly Effect[], fault: TreeFault | undefined): void {
    this.#do(effects);
    if (fault === undefined) return;
    const isProvable = fault.code !== 'parent-unknown' && fault.code !== 'header-tree-full';
    this.#misbehaved(peer.id, fault.code, isProvable ? -SCORE_BAN : 10);
  }

  #blockReceived(peer: PeerSession, hash: Hash, bodyBytes: Uint8Array): void {
    this.#sync.blockDelivered(peer, hash, this.#nowMs);
    const node = this.#ledger.tree.find(hash);
    if (node?.body === 'missing') {
      const block = validateBody(node.point, bodyBytes, this.#params);
      // The header stays valid whatever body came with it: another peer may have the right one.
      if (!block.ok) return this.#misbehaved(peer.id, block.fault.code, -SCORE_BAN);
      this.#ledger.intake.hold(node, block.value);
    }
    this.#do(this.#sync.proceed(this.#nowMs));
  }

  #blockMined(block: Block): void {
    const reason = this.#ledger.takeBlock(block);
    if (reason === undefined) return;
    const request = this.#mining.foundRefused();
    if (request !== undefined) this.#refuse(request, { code: 'block-refused', reason });
  }

  #entriesReceived(peer: PeerSession, arrayBytes: Uint8Array): void {
    const { depthMax, entryBytesMax } = this.#params;
    const scan = scanCanonical(arrayBytes, { depthMax, entriesMax: IDS_PER_MESSAGE_MAX });
    if (!scan.ok) return this.#misbehaved(peer.id, scan.fault.code, -SCORE_BAN);
    const { elements } = scan.value;
    for (let i = 0; i < elements.length; i += 2) {
      // A copy: the message around it would stay in memory for as long as the entry waits.
      const bytes = arrayBytes.slice(elements[i], elements[i + 1]);
      if (bytes.length > entryBytesMax) return this.#misbehaved(peer.id, 'entry-too-large', -SCORE_BAN);
      const id = hashLeaf(bytes);
      if (this.#relay.arrived(peer, id)) this.#ledger.takeEntry({ id, bytes }, peer.id);
    }
  }

  #committed(input: Input & { type: 'committed' }): void {
    const ledger = this.#ledger;
    const outcome = ledger.committed(input);
    this.#do(outcome.effects);
    this.#do(
      this.#mining.committed({
        isStored: (hash) => ledger.isStored(hash),
        isActive: (hash) => ledger.isActive(hash),
      }),
    );
    if (outcome.hasNewTip) this.#announceTip();
    this.#do(this.#relay.announce(outcome.pending));
    this.#do(this.#sync.proceed(this.#nowMs));
  }

  /** Tells every peer that has not shown it of the new tip, by its header. */
  #announceTip(): void {
    const { point } = this.#ledger.tree.tip;
    const header = hashedHeader(point.header);
    for (const peer of this.#peers.values()) {
      if (!peer.isGreeted || peer.best?.point.hash === point.hash) continue;
      this.#send(peer.id, { type: 'headers', headers: [header] });
    }
  }

  // Time.

  #tick(): void {
    for (const [peer, untilMs] of this.#bannedUntilMs) if (untilMs <= this.#nowMs) this.#bannedUntilMs.delete(peer);
    for (const peer of [...this.#peers.values()]) this.#watch(peer);
    for (const peer of this.#sync.findStalled(this.#nowMs)) this.#misbehaved(peer.id, 'blocks-stalled', 2);
    this.#do(this.#sync.proceed(this.#nowMs));
    this.#do(this.#relay.retryOverdue(this.#nowMs));
    const outbound = [...this.#peers.values()].filter(({ direction }) => direction === 'outbound');
    const connected = new Set([...this.#peers.keys(), ...this.#bannedUntilMs.keys()]);
    this.#do(this.#addresses.due({ connected, outboundCount: outbound.length, nowMs: this.#nowMs }));
  }

  /** Hangs up on a peer that never greets or has gone silent. */
  #watch(peer: PeerSession): void {
    if (!peer.isGreeted) {
      if (this.#nowMs - peer.connectedMs > HANDSHAKE_TIMEOUT_MS)
        this.#dismiss(peer.id, 'handshake-timeout', 'no hello');
      return;
    }
    if (peer.pingSentMs !== undefined) {
      if (this.#nowMs - peer.pingSentMs > PONG_TIMEOUT_MS)
        this.#dismiss(peer.id, 'ping-timeout', 'no answer to a ping');
      return;
    }
    if (this.#nowMs - peer.heardMs < PING_INTERVAL_MS) return;
    peer.pingSentMs = this.#nowMs;
    this.#send(peer.id, { type: 'ping', nonce: Math.floor(this.#nowMs) });
  }

  #refuse(request: RequestId, fault: RefusalFault): void {
    this.#effect({ type: 'answer', request, answer: { type: 'refused', fault } });
  }

  #send(peer: PeerId, message: Message): void {
    this.#effect({ type: 'send', peer, message });
  }

  #effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) this.#effects.push(effect);
  }
}
