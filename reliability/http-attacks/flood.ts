/** Connections without number to one port, and how those fare meanwhile who are there to ask something. */
import { Agent, get } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openSocket } from './raw-socket.ts';

export interface FloodOutcome {
  /** How many were opened, or refused. */
  readonly tried: number;
  /** The most that were open at once when the last had been tried for a moment. */
  readonly held: number;
}

/** Opens `count` connections to `port` and says nothing on any of them; gives those up that the other side closes. */
export async function flood(port: number, count: number): Promise<FloodOutcome> {
  const open = new Set<Socket>();
  for (let tried = 0; tried < count; tried += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, count - tried) }, () => openSocket(port));
    for (const socket of await Promise.all(wave)) {
      if (socket === undefined) continue;
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.resume();
    }
  }
  await delay(SETTLE_MS);
  const held = open.size;
  for (const socket of open) socket.destroy();
  return { tried: count, held };
}

/** Holds `count` connections to `port` and sends a request on each, a byte at a time, until `work` is done. */
export async function withSlowWriters<Result>(
  port: number,
  options: { readonly count: number; readonly request: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const sockets: Socket[] = [];
  for (let i = 0; i < options.count; i++) {
    const socket = await openSocket(port);
    if (socket !== undefined) sockets.push(socket);
  }
  let sent = 0;
  const dripping = setInterval(() => {
    const byte = options.request[sent++] ?? 'x';
    for (const socket of sockets) if (socket.writable) socket.write(byte);
  }, DRIP_MS);
  try {
    return await work();
  } finally {
    clearInterval(dripping);
    for (const socket of sockets) socket.destroy();
  }
}

/** One who has a connection and asks again and again on it. */
export class SteadyAsker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #timesMs: number[] = [];
  #failures = 0;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks while `work` goes on. How long answers took, and how many failed. */
  async during(work: () => Promise<unknown>): Promise<{ readonly timesMs: number[]; readonly failures: number }> {
    this.#timesMs.length = 0;
    this.#isOver = false;
    const asking = this.#askOnAndOn();
    await work();
    this.#isOver = true;
    await asking;
    return { timesMs: [...this.#timesMs], failures: this.#failures };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #askOnAndOn(): Promise<void> {
    while (!this.#isOver) {
      const startMs = performance.now();
      if ((await ask(this.#url, this.#agent)) === 200) this.#timesMs.push(performance.now() - startMs);
      else this.#failures++;
      await delay(ASK_MS);
    }
  }
}

/** Asks on a new connection until there is an answer. How long it took; undefined where none came in time. */
export async function askUntilAnswered(url: string, timeMs: number): Promise<number | undefined> {
  const startMs = performance.now();
  while (performance.now() - startMs < timeMs) {
    if ((await ask(url, new Agent())) === 200) return performance.now() - startMs;
    await delay(ASK_MS);
  }
  return undefined;
}

/** The status of the answer; 0 where none came. */
function ask(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent, timeout: ANSWER_MS_MAX }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}

const WAVE = 250;
const SETTLE_MS = 500;
const DRIP_MS = 250;
const ASK_MS = 20;
const ANSWER_MS_MAX = 5_000;
