/**
 * Keeps a connection to each node that the gateway leads to, and knows which peer is behind which port.
 *
 * What the gateway says is not believed here either: if it leads to one node by two ports, that is one peer, and is said.
 */
import { doorAddress } from '../../network/browser-network.ts';
import { NetworkError, type PeerNetwork } from '../../network/peer-network.ts';
import type { PeerId } from '../../protocol/effects.ts';
import { FULL_PEERS_MAX } from '../../protocol/light-limits.ts';
import type { Trouble } from './verdict.ts';

/** The way to one node. */
export interface Door {
  readonly port: number;
  state: 'dialling' | 'open' | 'closed';
  isAnswering: boolean;
  /** Who was met there, last. */
  peer: PeerId | undefined;
  /** Why it is closed, if that is known. */
  trouble: Trouble | undefined;
  /** When it is to be dialled again: by `performance.now()`. */
  nextMs: number;
  /** How long to wait after the next failure. */
  pauseMs: number;
  openedMs: number;
}

export class DoorDialler {
  readonly #origin: string;
  readonly #network: PeerNetwork;
  readonly #changed: () => void;
  readonly #doors = new Map<number, Door>();

  /** `changed` is called whenever a door or its state is another. */
  constructor(options: { readonly origin: string; readonly network: PeerNetwork; readonly changed: () => void }) {
    this.#origin = options.origin;
    this.#network = options.network;
    this.#changed = options.changed;
  }

  /** By port. */
  get doors(): readonly Door[] {
    return [...this.#doors.values()].sort((a, b) => a.port - b.port);
  }

  /** The port behind which `peer` was met. */
  portOf(peer: PeerId): number | undefined {
    return this.doors.find((door) => door.peer === peer)?.port;
  }

  /**
   * The nodes that there are now, and whether they answer the gateway: one that does not is not dialled, since that would only
   * fail. Those beyond what a light client is connected to are left out.
   */
  setNodes(nodes: readonly { readonly port: number; readonly isAnswering: boolean }[]): void {
    const wanted = new Map(nodes.slice(0, FULL_PEERS_MAX).map(({ port, isAnswering }) => [port, isAnswering]));
    for (const port of this.#doors.keys()) if (!wanted.has(port)) this.#doors.delete(port);
    for (const [port, isAnswering] of wanted) {
      const door = this.#doors.get(port);
      if (door !== undefined) {
        door.isAnswering = isAnswering;
        continue;
      }
      const never = { peer: undefined, trouble: undefined, nextMs: 0, openedMs: 0 };
      this.#doors.set(port, { port, isAnswering, state: 'closed', pauseMs: PAUSE_MS_MIN, ...never });
    }
    this.#changed();
  }

  /** Dials whom it is time for. To be called now and then. */
  proceed(nowMs: number): void {
    for (const door of this.#doors.values()) {
      if (door.state === 'closed' && door.isAnswering && nowMs >= door.nextMs) void this.#dial(door);
    }
  }

  /** The connection to `peer` has ended. */
  disconnected(peer: PeerId, nowMs: number): void {
    for (const door of this.#doors.values()) {
      if (door.peer !== peer || door.state !== 'open') continue;
      if (nowMs - door.openedMs >= LASTING_MS) door.pauseMs = PAUSE_MS_MIN;
      this.#close(door, nowMs, undefined);
    }
  }

  /** Does not dial `peer` again: it has lied. */
  shun(peer: PeerId): void {
    for (const door of this.#doors.values()) if (door.peer === peer) door.nextMs = Infinity;
  }

  async #dial(door: Door): Promise<void> {
    door.state = 'dialling';
    this.#changed();
    try {
      const peer = await this.#network.dial(doorAddress(this.#origin, door.port));
      const other = this.doors.find((one) => one !== door && one.state === 'open' && one.peer === peer);
      if (other === undefined) this.#opened(door, peer);
      else this.#close(door, performance.now(), sameNode(other.port));
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      this.#close(door, performance.now(), { code: error.code, text: DIAL_TEXTS[error.code], facts: [] });
    }
  }

  #opened(door: Door, peer: PeerId): void {
    const nowMs = performance.now();
    Object.assign(door, { state: 'open', peer, trouble: undefined, openedMs: nowMs });
    this.#changed();
  }

  #close(door: Door, nowMs: number, trouble: Trouble | undefined): void {
    door.state = 'closed';
    door.trouble = trouble;
    // Until the gateway says again that it is there: it may just have stopped.
    door.isAnswering = false;
    if (door.nextMs !== Infinity) door.nextMs = nowMs + door.pauseMs;
    door.pauseMs = Math.min(2 * door.pauseMs, PAUSE_MS_MAX);
    this.#changed();
  }
}

function sameNode(port: number): Trouble {
  const text = `The gateway leads to the same node here as at port ${port}, so it counts once.`;
  return { code: 'peer-not-distinct', text, facts: [] };
}

const DIAL_TEXTS = {
  'address-invalid': 'The browser cannot make an address of this page for a connection.',
  'dial-failed': 'There is no connection: the node does not listen for browsers, has peers enough, or is stopping.',
  'dial-timeout': 'The connection did not come about in time.',
  'dialled-self': 'The connection leads back to this page.',
  'network-other': 'The node belongs to another network than the one that is trusted here.',
  'listen-failed': 'The browser cannot make connections.',
} as const;
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;
/** A connection that held so long is no reason to wait longer than the first time. */
const LASTING_MS = 10_000;
