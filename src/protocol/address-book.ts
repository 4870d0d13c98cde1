/**
 * The addresses a node may dial, and when: it keeps trying, ever more slowly, until it has enough peers of its own
 * choosing. Addresses that its user named, or that run on the same machine, are never given up.
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

  /** Remembers `address`; one heard of twice keeps the more lasting source. Full, it forgets one that never answered. */
  add(address: string, source: AddressSource): void {
    if (peerOfAddress(address) === this.#localPeer) return;
    const known = this.#known.get(address);
    if (known !== undefined) {
      if (isLasting(source)) known.source = source;
      if (source === 'running') known.notBeforeMs = Math.min(known.notBeforeMs, DIAL_BACKOFF_MS_MIN);
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
    for (const known of this.#known.values()) if (known.isDialling) dialling++;
    for (const known of this.#known.values()) {
      if (dialling >= DIALS_AT_ONCE_MAX) break;
      if (known.isDialling || options.nowMs < known.notBeforeMs) continue;
      const peer = peerOfAddress(known.address);
      if (peer !== undefined && options.connected.has(peer)) continue;
      if (!isLasting(known.source) && options.outboundCount + dialling >= OUTBOUND_PEERS_TARGET) continue;
      known.isDialling = true;
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
    if (!isLasting(known.source) && (isFinal || known.failures >= FAILURES_MAX)) this.#known.delete(address);
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
      if (isLasting(known.source) || known.isDialling) continue;
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

function isLasting(source: AddressSource): boolean {
  return source === 'configured' || source === 'running';
}

/** After so many failures in a row an address that a peer or mDNS told of is forgotten. */
const FAILURES_MAX = 6;
