/** What keeps a node busy until it is killed: entries that are handed in, blocks that are asked for, and news of both. */
import type { LedgerEvent } from '../../src/api/shapes.ts';
import { assert } from '../../src/core/assert.ts';
import { jsonValue, type PlainValue } from '../../src/core/json-text.ts';
import { hashLeaf } from '../../src/core/merkle.ts';
import { type ProbeClient, ProbeError } from '../../src/probe/probe-client.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { Promises } from './promises.ts';

/** Keeps count of the entries it makes, so that no two are equal. */
export class EntrySource {
  readonly #random: Random;
  readonly #name: string;
  readonly #textMax: number;
  #count = 0;

  /** The texts in them have `textMax` characters at most; most have far fewer. */
  constructor(name: string, random: Random, textMax = 2_000) {
    this.#name = name;
    this.#random = random;
    this.#textMax = textMax;
  }

  next(): { readonly entry: PlainValue; readonly id: string } {
    // The keys are in order and the text is plain, so this is the canonical form already.
    const entry = {
      n: this.#count++,
      of: this.#name,
      text: 'x'.repeat(Math.floor(this.#random.between(1, this.#textMax))),
    };
    return { entry, id: hashLeaf(new TextEncoder().encode(JSON.stringify(entry))) };
  }
}

/** Hands entries in one batch after the other, and keeps the ids that the node answers for. Ends by rejecting only. */
export async function appendOn(
  client: ProbeClient,
  options: {
    readonly entries: EntrySource;
    readonly promises: Promises;
    readonly random: Random;
    /** How many entries are handed in at once at most; 20 unless told. */
    readonly batchMax?: number;
  },
): Promise<never> {
  const { entries, random, promises, batchMax = 20 } = options;
  for (;;) {
    const batch = Array.from({ length: random.integer(1, batchMax) }, () => entries.next());
    const answer = await client.call('append', jsonValue({ entries: batch.map(({ entry }) => entry) }), PATIENT);
    const ids: string[] = JSON.parse(answer).entries.map(({ id }: { id: string }) => id);
    assert(
      batch.every(({ id }, i) => ids[i] === id),
      'an entry is named by the hash of its bytes',
    );
    for (const id of ids) promises.entryAcknowledged(id);
  }
}

/** Keeps the blocks that the node announces. Ends by rejecting only. */
export async function listenOn(client: ProbeClient, promises: Promises): Promise<void> {
  for await (const params of client.events()) {
    const { event }: { event: LedgerEvent } = JSON.parse(params);
    if (event.type === 'block-added') promises.blockAnnounced(event.hash, event.height);
  }
}

/** Waits for `work` that may be cut short by the end of the node. */
export async function untilGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ProbeError) || error.code !== 'node-closed') throw error;
  }
}

/** Has a node mine one block with an entry of its own, and with the oldest that wait there, `waitingMax` at most. */
export async function mineOne(
  client: ProbeClient,
  entries: EntrySource,
  waitingMax = 0,
): Promise<{ readonly hash: string; readonly height: number; readonly id: string }> {
  const { entry, id } = entries.next();
  const waiting = waitingMax === 0 ? [] : await readWaiting(client, waitingMax);
  const answer = await client.call('mine', jsonValue({ data: [entry, ...waiting] }), PATIENT);
  const { hash, index: height } = JSON.parse(answer).block;
  return { hash, height, id };
}

async function readWaiting(client: ProbeClient, limit: number): Promise<PlainValue[]> {
  const view = JSON.parse(await client.call('pending', jsonValue({ limit }), PATIENT));
  return view.entries.map(({ data }: { data: PlainValue }) => data);
}

/** The machine may be busy with much else. */
const PATIENT = { timeoutMs: 60_000 };
