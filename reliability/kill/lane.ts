/**
 * One node that is killed again and again, and a twin that gets the same blocks and is not. What is done to it in each
 * cycle is drawn; when exactly it meets the node is up to the machine.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../../src/core/assert.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import type { ProbeClient } from '../../src/probe/probe-client.ts';
import type { Random } from '../../src/simulator/random.ts';
import { checkStore } from '../../src/storage/fsck.ts';
import type { World } from '../../test/support/cairn-process.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';
import { CALM_PARAMS, type Moment, NodeProcess } from '../node-process.ts';
import { compareNodes } from './comparison.ts';
import { appendOn, EntrySource, listenOn, mineOne, untilGone } from './loads.ts';
import { Promises } from './promises.ts';

export interface LaneOptions {
  readonly world: World;
  readonly name: string;
  readonly random: Random;
}

export class Lane {
  /** How often it was killed doing what. */
  readonly moments: Record<Moment, number> = { starting: 0, recovering: 0, up: 0 };
  readonly promises = new Promises();
  /** How long each start took that was not cut short, ms. */
  readonly startsMs: number[] = [];
  /** How often its folder was checked whole, and how often it was compared with the twin. */
  checkCount = 0;
  comparisonCount = 0;
  /** How many of the blocks it announced are not on the chain that won. */
  abandonedCount = 0;
  readonly #lifetime: Lifetime;
  readonly #world: World;
  readonly #name: string;
  readonly #random: Random;
  readonly #twin: Twin;
  readonly #entries: EntrySource;
  readonly #twinEntries: EntrySource;
  /** From the moment at which the store is open until the node is up, as it was last, ms. */
  #recoveryMs = RECOVERY_MS_FIRST;

  private constructor(lifetime: Lifetime, { world, name, random }: LaneOptions, twin: Twin) {
    this.#lifetime = lifetime;
    this.#world = world;
    this.#name = name;
    this.#random = random;
    this.#twin = twin;
    this.#entries = new EntrySource(`victim ${name}`, random.stream('entries'));
    this.#twinEntries = new EntrySource(`twin ${name}`, random.stream('twin entries'));
  }

  static async start(lifetime: Lifetime, options: LaneOptions): Promise<Lane> {
    const listenPort = await freePort();
    const node = await NodeProcess.spawn(lifetime, options.world, { name: `${options.name}-twin`, listenPort });
    await node.untilReady();
    const client = await node.connect(lifetime);
    return new Lane(lifetime, options, { node, client, address: `/ip4/127.0.0.1/tcp/${listenPort}`, height: 0 });
  }

  /** Starts the node and kills it: while it starts, or while it is under load. Rejects where a promise was not kept. */
  async killOnce(cycle: number): Promise<void> {
    this.promises.cycle = cycle;
    const random = this.#random;
    const isEarly = cycle > 1 && random.chance(EARLY_SHARE);
    const isApart = !isEarly && random.chance(APART_SHARE);
    const afterMs = random.between(5, 500);
    const node = await this.#spawn(isApart ? [] : [this.#twin.address]);
    if (isEarly) {
      await node.untilStoreIsOpen();
      await delay(random.fraction() * this.#recoveryMs);
      await this.#kill(node);
      return;
    }
    const client = await this.#up(node);
    await (isApart ? this.#killApart(node, client, afterMs) : this.#killInStep(node, client, afterMs));
  }

  /** Checks a copy of the folder as the kill has left it: to check the folder itself would mend it. */
  async checkFolder(): Promise<void> {
    const copy = mkdtempSync(join(tmpdir(), 'cairn-killed-'));
    try {
      cpSync(join(this.#world.home, this.#name, 'data'), copy, { recursive: true });
      const { problems } = await checkStore({ folder: copy, params: CALM_PARAMS });
      assert(problems.length === 0, `fsck: ${JSON.stringify(problems)}`);
      this.checkCount++;
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }

  /** Lets the node come to rest beside its twin, compares them, and for once has it end in order. */
  async compare(isLast: boolean): Promise<void> {
    const node = await this.#spawn([this.#twin.address]);
    const client = await this.#up(node);
    this.abandonedCount = await compareNodes({
      client,
      twin: this.#twin.client,
      promises: this.promises,
      isLast,
      mine: () => mineOne(this.#twin.client, this.#twinEntries, WAITING_MAX),
    });
    this.comparisonCount++;
    node.signal('SIGTERM');
    const exitCode = await node.exited;
    assert(exitCode === 0, `it ended with ${exitCode} when it was asked to stop: ${node.stderr}`);
    assertNoErrors(node, 'the node');
    assertNoErrors(this.#twin.node, 'the twin');
  }

  /** Entries come in from here, and blocks from the twin. */
  async #killInStep(node: NodeProcess, client: ProbeClient, afterMs: number): Promise<void> {
    const load = this.#load(client);
    const burst = this.#mineAtTwin(this.#random.integer(0, BURST_BLOCKS_MAX));
    burst.catch(() => undefined);
    await delay(afterMs);
    await this.#kill(node);
    await Promise.all([load, burst]);
  }

  /** It mines a branch of its own, then meets the twin, which has a better one, and in the middle of that it is killed. */
  async #killApart(node: NodeProcess, client: ProbeClient, afterMs: number): Promise<void> {
    const { promises } = this;
    const load = this.#load(client);
    for (let left = this.#random.integer(1, BURST_BLOCKS_MAX); left > 0; left--) {
      const { hash, height, id } = await mineOne(client, this.#entries, BURST_WAITING_MAX);
      promises.blockAnnounced(hash, height);
      promises.entryAcknowledged(id);
    }
    const lead = this.#random.integer(1, 4);
    await this.#mineAtTwin(Math.max(0, promises.height - this.#twin.height + lead));
    await client.call('connect', jsonValue({ address: this.#twin.address }));
    await delay(afterMs);
    await this.#kill(node);
    await load;
  }

  /** Keeps the node busy until it is gone. */
  #load(client: ProbeClient): Promise<void> {
    const { promises } = this;
    const random = this.#random.stream(`append ${promises.cycle}`);
    const entries = this.#entries;
    const load = Promise.all([listenOn(client, promises), appendOn(client, { entries, random, promises })]);
    const gone = untilGone(load);
    // Waited for once the node is gone: until then it may break without being heard.
    gone.catch(() => undefined);
    return gone;
  }

  async #spawn(peers: readonly string[]): Promise<NodeProcess> {
    return NodeProcess.spawn(this.#lifetime, this.#world, { name: this.#name, peers });
  }

  /** Waits until the node is up, and checks that it has kept its promises. */
  async #up(node: NodeProcess): Promise<ProbeClient> {
    await node.untilStoreIsOpen();
    const openMs = performance.now();
    this.startsMs.push(await node.untilReady());
    this.#recoveryMs = performance.now() - openMs;
    const client = await node.connect(this.#lifetime);
    await this.promises.check(client, this.#random.stream(`check ${this.promises.cycle}`));
    return client;
  }

  async #kill(node: NodeProcess): Promise<void> {
    assert(!node.hasExited, `it ended by itself: ${node.stderr}`);
    this.moments[await node.kill()]++;
    assertNoErrors(node, 'the node');
  }

  async #mineAtTwin(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { height } = await mineOne(this.#twin.client, this.#twinEntries, BURST_WAITING_MAX);
      this.#twin.height = height;
    }
  }
}

interface Twin {
  readonly node: NodeProcess;
  readonly client: ProbeClient;
  readonly address: string;
  /** Of the last block that it was asked for. */
  height: number;
}

/** A node may warn of much; what it calls an error is one. */
function assertNoErrors(node: NodeProcess, name: string): void {
  const errors = node.stderr.split('\n').filter((line) => /^\{"level":[56]0,/.test(line) || /^cairn: /.test(line));
  assert(errors.length === 0, `${name} logged ${errors.join('\n')}`);
}

/** So many kills are meant for the start; some of them come too early or too late. */
const EARLY_SHARE = 0.4;
const APART_SHARE = 0.2;
const BURST_BLOCKS_MAX = 12;
/** Of entries that wait, in each of these blocks. */
const BURST_WAITING_MAX = 50;
/** As many as are told of at once; they fill a third of a block. */
const WAITING_MAX = 1_000;
const RECOVERY_MS_FIRST = 100;
