/**
 * The addresses a node may dial, and when: it keeps trying, ever more slowly, until it has enough peers of its own
 * choosing. Addresses that its user named are never given up.
 */
import type { AddressSource, Effect, PeerId } from './effects.ts';
import {
  DIAL_BACKOFF_MS_MAX,
  DIAL_BACKOFF_MS_MIN,
  DIALS_AT_ONCE_MAX,
  KNOWN_ADDRESSES_MAX,
  OUTBOUND_PEERS_TARGET,
} from './limits.ts';

interface KnownAddress {
  readonly address: string;
  source: AddressSource;
  failures: number;
  notBeforeMs: number;
  isDialling: boolean;
}

export class AddressBook {
  readonly #localPeer: PeerId;
  readonly #known = new Map<string, KnownAddress>();

  constructor(options: { readonly localPeer: PeerId }) {
    this.#localPeer = options.localPeer;
  }

  /** Remembers `address`; one heard of twice keeps the source that the user chose. Full, it forgets the oldest of the others. */
  add(address: string, source: AddressSource): void {
    if (peerOfAddress(address) === this.#localPeer) return;
    const known = this.#known.get(address);
    if (known !== undefined) {
      if (isChosen(source)) known.source = source;
      return;
    }
    if (this.#known.size >= KNOWN_ADDRESSES_MAX && !this.#forgetOne()) return;
    this.#known.set(address, { address, source, failures: 0, notBeforeMs: 0, isDialling: false });
  }

  /** Dials that are due. `connected` are the peers there are, whoever dialled. */
  due(options: {
    readonly connected: ReadonlySet<PeerId>;
    readonly outboundCount: number;
    readonly nowMs: number;
  }): Effect[] {
    const effects: Effect[] = [];
    let dialling = 0;
    // One address of a peer at a time: the first that answers makes the others needless.
    const busy = new Set(options.connected);
    for (const known of this.#known.values()) {
      if (!known.isDialling) continue;
      dialling++;
      busy.add(peerOfAddress(known.address) ?? known.address);
    }
    for (const known of this.#known.values()) {
      if (dialling >= DIALS_AT_ONCE_MAX) break;
      if (known.isDialling || options.nowMs < known.notBeforeMs) continue;
      const peer = peerOfAddress(known.address) ?? known.address;
      if (busy.has(peer)) continue;
      if (!isChosen(known.source) && options.outboundCount + dialling >= OUTBOUND_PEERS_TARGET) continue;
      known.isDialling = true;
      busy.add(peer);
      dialling++;
      effects.push({ type: 'dial', address: known.address });
    }
    return effects;
  }

  /** A dial of `address` ended in a connection. */
  succeeded(address: string, nowMs: number): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.isDialling = false;
    known.failures = 0;
    known.notBeforeMs = nowMs + DIAL_BACKOFF_MS_MIN;
  }

  /** A dial failed. `isFinal`: there is no point in trying again, as with another network's node. */
  failed(address: string, isFinal: boolean, nowMs: number): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.isDialling = false;
    known.failures++;
    const backoffMs = Math.min(DIAL_BACKOFF_MS_MAX, DIAL_BACKOFF_MS_MIN * 2 ** Math.min(known.failures, 16));
    known.notBeforeMs = nowMs + (isFinal ? DIAL_BACKOFF_MS_MAX : backoffMs);
    if (known.source !== 'configured' && (isFinal || known.failures >= FAILURES_MAX)) this.#known.delete(address);
  }

  /** Addresses to tell a peer of: those that answered. */
  shareable(max: number): string[] {
    const shared: string[] = [];
    for (const { address, failures, notBeforeMs } of this.#known.values()) {
      if (shared.length >= max) break;
      if (failures === 0 && notBeforeMs > 0) shared.push(address);
    }
    return shared;
  }

  #forgetOne(): boolean {
    for (const known of this.#known.values()) {
      if (isChosen(known.source) || known.isDialling) continue;
      this.#known.delete(known.address);
      return true;
    }
    return false;
  }
}

/** The peer that an address ends in, as in `/ip4/127.0.0.1/tcp/4001/p2p/12D3…`. */
export function peerOfAddress(address: string): PeerId | undefined {
  return /\/p2p\/([^/]+)$/.exec(address)?.[1];
}

/** Whether `address` reaches no further than its own machine. */
export function isLoopbackAddress(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address);
}

/** Addresses that the user chose, by name or by running the node: they are dialled however many peers there are. */
function isChosen(source: AddressSource): boolean {
  return source === 'configured' || source === 'running';
}

/** After so many failures in a row an address that the user did not name is forgotten. */
const FAILURES_MAX = 6;
