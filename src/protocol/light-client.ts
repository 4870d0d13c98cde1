/**
 * A light client's view of the ledger: from the genesis alone, the chain with the most work that any peer shows, and what is
 * asked about it (docs/spec/light-client.md).
 *
 * A machine like `FullNode`: inputs in, effects out, in order, and the same inputs at the same times give the same effects. It
 * runs wherever JavaScript does. Nothing that it says was taken on trust, and whoever sends what cannot be true is named,
 * with what shows it.
 */
import { assert, assertNever } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ChainPoint } from '../core/validation.ts';
import type { PeerId } from './effects.ts';
import { LightChain, type LightNode } from './light-chain.ts';
import type { Conviction, LightEffect, LightInput, LightPeer } from './light-effects.ts';
import { CONVICTS_MAX, FULL_PEERS_MAX, UNASKED_ANSWERS_MAX } from './light-limits.ts';
import { LightSession } from './light-session.ts';
import { tipOf } from './light-tip.ts';
import { HANDSHAKE_TIMEOUT_MS, PING_INTERVAL_MS, PONG_TIMEOUT_MS } from './limits.ts';
import type { Message } from './message.ts';
import type { Now } from './now.ts';
import { describePeer, isSamePeer } from './peer-standing.ts';
import { QuestionDesk } from './question-desk.ts';
import { type LightOutcome, TipSearch } from './tip-search.ts';

export interface LightClientOptions {
  /** Those of the network; the genesis that they make is all that is trusted. */
  readonly params: NetworkParams;
  /** Software and version, for peers to see. */
  readonly agent: string;
  /** How many headers of a chain stay in memory, four at least; `LIGHT_WINDOW_BLOCKS` unless told. */
  readonly windowBlocks?: number;
}

export class LightClient {
  readonly #params: NetworkParams;
  readonly #agent: string;
  readonly #chain: LightChain;
  readonly #sessions = new Map<PeerId, LightSession>();
  readonly #search: TipSearch;
  readonly #desk: QuestionDesk;
  /** Who lied, the oldest first. */
  readonly #convicts = new Set<PeerId>();
  /** What was last said of each peer. */
  readonly #judged = new Map<PeerId, LightPeer>();
  #effects: LightEffect[] = [];
  #now: Now = { steadyMs: 0, unixMs: 0 };

  constructor({ params, agent, windowBlocks }: LightClientOptions) {
    this.#params = params;
    this.#agent = agent;
    this.#chain = new LightChain(params, windowBlocks);
    const shared = { chain: this.#chain, params, peers: this.#sessions };
    this.#search = new TipSearch(shared);
    this.#desk = new QuestionDesk(shared);
  }

  /** The last header of the chain with the most work that any peer has shown; undefined until one has shown any. */
  get tip(): ChainPoint | undefined {
    return this.#chain.tip?.point;
  }

  /** The connected peers, and what is known of them. */
  get peers(): readonly LightPeer[] {
    return [...this.#judged.values()];
  }

  /** How much it holds of what peers and users can make it hold. */
  get holdings() {
    return { headers: this.#chain.size, questions: this.#desk.openCount, convicts: this.#convicts.size };
  }

  /** The place at `height` of the chain that is followed, where that is in memory. */
  headerAt(height: number): ChainPoint | undefined {
    return this.#chain.at(height)?.point;
  }

  /** The place with this hash, of the chain that is followed or of a branch that a peer has shown, where that is in memory. */
  find(hash: Hash): ChainPoint | undefined {
    return this.#chain.find(hash)?.point;
  }

  /** Takes in what happened, at `now` by this machine's clocks, and gives back what is to be done. */
  handle(input: LightInput, now: Now): readonly LightEffect[] {
    this.#now = now;
    this.#effects = [];
    this.#take(input);
    this.#do(this.#search.proceed(this.#nowMs));
    this.#do(this.#desk.proceed(this.#nowMs));
    this.#judgePeers();
    return this.#effects;
  }

  /** Milliseconds by the clock that never leaps. */
  get #nowMs(): number {
    return this.#now.steadyMs;
  }

  #take(input: LightInput): void {
    switch (input.type) {
      case 'peer-connected':
        return this.#connected(input.peer, input.address);
      case 'peer-disconnected':
        return this.#gone(input.peer, undefined);
      case 'message-received': {
        const peer = this.#sessions.get(input.peer);
        return peer === undefined ? undefined : this.#messageReceived(peer, input.message);
      }
      case 'message-malformed':
        return this.#dismiss(input.peer, input.fault.code, 'what came is no message');
      case 'asked':
        return this.#do(this.#desk.ask(input.request, input.question, this.#nowMs));
      case 'request-cancelled':
        return this.#desk.cancel(input.request);
      case 'tick':
        return this.#tick();
      default:
        return assertNever(input);
    }
  }

  #connected(id: PeerId, address: string): void {
    assert(!this.#sessions.has(id), 'a peer has one stream');
    if (this.#convicts.has(id)) return this.#hangUp(id, 'peer-convicted', 'it has lied before');
    if (this.#sessions.size >= FULL_PEERS_MAX) {
      return this.#hangUp(id, 'peers-full', `${FULL_PEERS_MAX} peers at most`);
    }
    this.#sessions.set(id, new LightSession({ id, address, nowMs: this.#nowMs }));
    this.#send(id, {
      type: 'hello',
      genesis: this.#chain.genesis.point.hash,
      network: this.#params.name,
      agent: this.#agent,
      // Who is taken to have a better tip is not told of a new one.
      tip: tipOf(this.#chain.genesis.point),
      addresses: [],
      light: true,
    });
  }

  #messageReceived(peer: LightSession, message: Message): void {
    peer.heardMs = this.#nowMs;
    if (!peer.isGreeted && message.type !== 'hello' && message.type !== 'goodbye') {
      return this.#dismiss(peer.id, 'hello-missing', 'a greeting comes first');
    }
    switch (message.type) {
      case 'hello':
        return this.#greeted(peer, message);
      case 'chain-proof':
        return this.#took(peer, this.#search.proofReceived(peer, message.proof, this.#now));
      case 'headers':
        return this.#took(peer, this.#search.headersReceived(peer, message.headers, this.#now));
      case 'header-proof':
        return this.#took(peer, this.#desk.headerProofReceived(peer, message.proof));
      case 'entry-proof':
        return this.#took(peer, this.#desk.entryProofReceived(peer, message.proof));
      case 'block':
        return this.#took(peer, this.#desk.blockReceived(peer, message.hash, message.bodyBytes));
      case 'not-found':
        if (this.#desk.notFound(peer, message.hashes)) return;
        return this.#took(peer, this.#search.proofMissing(peer));
      case 'ping':
        return this.#send(peer.id, { type: 'pong', nonce: message.nonce });
      case 'pong':
        peer.pingSentMs = undefined;
        return;
      case 'goodbye':
        return this.#saidGoodbye(peer, message);
      case 'get-headers':
        // It has none to give that others do not have first hand.
        return this.#send(peer.id, { type: 'headers', headers: new Uint8Array(0) });
      case 'get-blocks':
        return this.#send(peer.id, { type: 'not-found', hashes: message.hashes });
      case 'get-peers':
        return this.#send(peer.id, { type: 'peers', addresses: [] });
      case 'get-block-ids':
      case 'get-block-entries':
      case 'get-chain-proof':
      case 'get-header-proof':
      case 'get-entry-proof':
      case 'get-entries':
      case 'inventory':
      case 'peers':
        return;
      case 'block-ids':
      case 'block-entries':
      case 'entries':
        return this.#unasked(peer);
      default:
        return assertNever(message);
    }
  }

  #greeted(peer: LightSession, hello: Message & { type: 'hello' }): void {
    if (peer.isGreeted) return this.#unasked(peer);
    const { hash } = this.#chain.genesis.point;
    if (hello.genesis !== hash) {
      const theirs = `${hello.network} (genesis ${hello.genesis})`;
      return this.#dismiss(
        peer.id,
        'network-other',
        `${this.#params.name} (genesis ${hash}) is followed here, not ${theirs}`,
      );
    }
    if (hello.light === true)
      return this.#dismiss(peer.id, 'peer-light', 'a light client has nothing to show to another');
    peer.agent = hello.agent;
    peer.claimed = hello.tip;
    this.#do(this.#search.greeted(peer));
  }

  #saidGoodbye({ id }: LightSession, { code, message: text }: Message & { type: 'goodbye' }): void {
    this.#effects.push({ type: 'report', level: 'info', code: 'peer-said-goodbye', facts: { peer: id, code, text } });
    this.#leave(id, 'peer-said-goodbye', 'it said goodbye');
  }

  /** Goes on with what came of a message. */
  #took(peer: LightSession, { effects, verdict }: LightOutcome): void {
    this.#do(effects);
    this.#chain.prune(this.#ends());
    switch (verdict?.type) {
      case undefined:
        return;
      case 'lie':
        return this.#convict(peer, verdict.conviction);
      case 'nuisance':
        return this.#dismiss(peer.id, verdict.code, 'what it sent makes no sense');
      case 'unasked':
        return this.#unasked(peer);
      default:
        return assertNever(verdict);
    }
  }

  #unasked(peer: LightSession): void {
    peer.unaskedCount++;
    if (peer.unaskedCount <= UNASKED_ANSWERS_MAX) return;
    this.#dismiss(peer.id, 'answers-unasked', 'it goes on answering what nobody asked');
  }

  #convict(peer: LightSession, conviction: Conviction): void {
    const { code } = conviction.fault;
    for (const oldest of this.#convicts) {
      if (this.#convicts.size < CONVICTS_MAX) break;
      this.#convicts.delete(oldest);
    }
    this.#convicts.add(peer.id);
    this.#effects.push({ type: 'peer-convicted', peer: peer.id, conviction });
    this.#dismiss(peer.id, code, 'what it sent cannot be true');
  }

  #tick(): void {
    for (const peer of [...this.#sessions.values()]) {
      if (!peer.isGreeted) {
        const isLate = this.#nowMs - peer.connectedMs > HANDSHAKE_TIMEOUT_MS;
        if (isLate) this.#dismiss(peer.id, 'handshake-timeout', 'nothing came');
      } else if (peer.pingSentMs !== undefined) {
        if (this.#nowMs - peer.pingSentMs > PONG_TIMEOUT_MS) this.#dismiss(peer.id, 'ping-timeout', 'nothing came');
      } else if (this.#nowMs - peer.heardMs >= PING_INTERVAL_MS) {
        peer.pingSentMs = this.#nowMs;
        this.#send(peer.id, { type: 'ping', nonce: Math.floor(this.#nowMs) });
      }
    }
  }

  /** Says why, and hangs up. */
  #dismiss(id: PeerId, code: string, text: string): void {
    if (!this.#sessions.has(id)) return;
    this.#send(id, { type: 'goodbye', code, message: text });
    this.#leave(id, code, `${code}: ${text}`);
  }

  /** The same, to who was not let in. */
  #hangUp(id: PeerId, code: string, text: string): void {
    this.#send(id, { type: 'goodbye', code, message: text });
    this.#effects.push({ type: 'disconnect', peer: id, note: `${code}: ${text}` });
  }

  #leave(id: PeerId, code: string, note: string): void {
    this.#effects.push({ type: 'disconnect', peer: id, note });
    this.#gone(id, code);
  }

  #gone(id: PeerId, fault: string | undefined): void {
    const peer = this.#sessions.get(id);
    if (peer === undefined) return;
    this.#sessions.delete(id);
    this.#desk.peerGone(id);
    this.#judged.delete(id);
    const known = describePeer(peer, this.#chain);
    const standing = this.#convicts.has(id) ? 'convicted' : known.standing;
    this.#effects.push({ type: 'peer-judged', peer: { ...known, isConnected: false, standing, fault } });
  }

  /** Says what has changed about peers: by themselves, or because the chain has another tip now. */
  #judgePeers(): void {
    for (const peer of this.#sessions.values()) {
      const judged = describePeer(peer, this.#chain);
      const { shown, placed } = peer;
      if (judged.standing === 'apart' && shown !== undefined && placed?.hash !== shown.point.hash) {
        this.#desk.place(peer, shown, this.#nowMs);
      }
      const before = this.#judged.get(peer.id);
      if (before !== undefined && isSamePeer(before, judged)) continue;
      this.#judged.set(peer.id, judged);
      this.#effects.push({ type: 'peer-judged', peer: judged });
    }
  }

  /** Where the branches end that peers have shown, or are showing. */
  #ends(): LightNode[] {
    const ends: LightNode[] = [];
    for (const { shown, walked } of this.#sessions.values()) {
      if (shown !== undefined) ends.push(shown);
      if (walked !== undefined) ends.push(walked);
    }
    return ends;
  }

  #send(peer: PeerId, message: Message): void {
    this.#effects.push({ type: 'send', peer, message });
  }

  #do(effects: readonly LightEffect[]): void {
    for (const effect of effects) this.#effects.push(effect);
  }
}
