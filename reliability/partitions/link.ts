/** A link between two nodes: a TCP proxy that can be cut in several ways, and slowed down, while it carries. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../../src/core/assert.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';

/**
 * How a link carries. `refused`: connections break, and none can be made. `held`: connections stay, and what is sent waits
 * until the link carries again, as with packets that are lost; one direction may be held alone.
 */
export type Carriage = 'open' | 'refused' | 'held' | 'held-forwards' | 'held-backwards';

export interface Pace {
  /** How much longer each piece takes, ms. */
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

export class Link {
  #carriage: Carriage = 'open';
  #pace: Pace = FULL_PACE;
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #changed = Promise.withResolvers<void>();

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
  }

  /** A link to whoever listens at `target` on this machine by the time that somebody connects. */
  static async open(lifetime: Lifetime, target: number): Promise<Link> {
    const server = createServer((socket) => link.#accept(socket));
    const link = new Link(server, target);
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    lifetime.after(() => link.#close());
    return link;
  }

  /** Where to connect to instead of `target`. */
  get port(): number {
    const address = this.#server.address();
    assert(typeof address === 'object' && address !== null, 'a link listens');
    return address.port;
  }

  carry(carriage: Carriage): void {
    this.#carriage = carriage;
    if (carriage === 'refused') this.#breakAll();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  slowDown(pace: Pace): void {
    this.#pace = pace;
  }

  fullPace(): void {
    this.#pace = FULL_PACE;
  }

  #accept(near: Socket): void {
    if (this.#carriage === 'refused') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: this.#target });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    void this.#pump(near, far, 'held-forwards');
    void this.#pump(far, near, 'held-backwards');
  }

  /** Carries one direction, in order, until an end of it closes. */
  async #pump(from: Socket, to: Socket, held: Carriage): Promise<void> {
    try {
      for await (const piece of from) {
        const { delayMs, bytesPerSecond } = this.#pace;
        const waitMs = delayMs + (1_000 * piece.length) / bytesPerSecond;
        if (waitMs >= 1) await delay(waitMs);
        while (this.#carriage === 'held' || this.#carriage === held) await this.#changed.promise;
        if (!to.write(piece)) await once(to, 'drain');
      }
      to.end();
    } catch {
      // Whichever end it was, the other one goes, too.
      from.destroy();
    }
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #close(): Promise<void> {
    this.carry('refused');
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const FULL_PACE: Pace = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };
