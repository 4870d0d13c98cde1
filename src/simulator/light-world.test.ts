/** Light clients in worlds of honest nodes and liars, under every invariant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_PEERS_MAX } from '../protocol/light-limits.ts';
import type { Endpoint } from './endpoint.ts';
import { LIES } from './hostile/lies.ts';
import { type Lie, LyingPeer } from './hostile/lying-peer.ts';
import { Stage } from './hostile/stage.ts';
import { LightInspector } from './invariants/light-inspector.ts';
import type { Random } from './random.ts';
import { SimulatedLightClient } from './simulated-light-client.ts';

for (const lie of LIES) {
  test(`a light client is not led astray by a peer that ${lie.about}`, async () => {
    const stage = new LightStage({ seed: 31, nodes: 3, lies: [lie] });
    await stage.begin(2);
    const client = stage.join([...stage.honest.slice(0, 2), ...stage.liars]);
    await stage.live(client, 3);
    const codes = [...(stage.watch.convicted.get('liar-0') ?? [])];
    assert.equal(codes.length > 0, lie.codes.length > 0, `convicted of ${codes}`);
    assert.ok(stage.watch.answerCount > 20);
    await stage.end(client);
  });
}

test('one honest peer among as many liars as there is room for is enough', async () => {
  const lies = LIES.slice(0, FULL_PEERS_MAX - 1);
  const stage = new LightStage({ seed: 32, nodes: 3, lies });
  await stage.begin(4);
  const client = stage.join([...stage.liars, ...stage.honest.slice(0, 1)]);
  await stage.live(client, 4);
  for (const [i, { codes }] of lies.entries()) {
    assert.equal(stage.watch.convicted.has(`liar-${i}`), codes.length > 0, lies[i]?.name);
  }
  await stage.end(client);
});

for (const seed of [1, 2, 3, 4]) {
  test(`light clients keep to what is true while nodes crash and lines are cut: seed ${seed}`, async () => {
    const random = (stage: LightStage) => stage.world.random.stream('faults');
    const stage = new LightStage({ seed, nodes: 4, lies: [...LIES].filter((_, i) => i % 4 === seed % 4) });
    await stage.begin(3);
    const clients = [
      stage.join([...stage.honest, ...stage.liars], 'light-0'),
      stage.join(stage.honest.slice(0, 2), 'light-1'),
    ];
    const chance = random(stage);
    for (let i = 0; i < 6; i++) {
      const node = chance.pick(stage.world.nodes);
      if (chance.chance(0.5)) {
        stage.world.crash(node);
        await stage.live(clients[0] as SimulatedLightClient, 0.3);
        await stage.world.start(node);
      } else {
        stage.world.partition(stage.world.nodes.slice(0, 2));
        await stage.live(clients[1] as SimulatedLightClient, 0.5);
        stage.world.heal();
      }
      await stage.live(clients[i % 2] as SimulatedLightClient, 0.5);
    }
    await stage.end(...clients);
  });
}

test('the same seed gives the same history', async () => {
  const play = async () => {
    const stage = new LightStage({ seed: 33, nodes: 2, lies: LIES.slice(0, 3) });
    await stage.begin(1);
    const client = stage.join([...stage.honest, ...stage.liars]);
    await stage.live(client, 2);
    return { ...client.machine.holdings, tip: client.machine.tip?.hash, answers: [...client.answers.keys()] };
  };
  assert.deepEqual(await play(), await play());
});

/** So few that most of what is asked has to be proven. */
const WINDOW_BLOCKS = 4;

/** Honest nodes that mine, liars, and whoever watches them. */
class LightStage extends Stage {
  readonly watch: LightInspector;
  readonly liars: readonly LyingPeer[];
  readonly #random: Random;

  constructor(options: { readonly seed: number; readonly nodes: number; readonly lies: readonly Lie[] }) {
    super(options);
    const { world, inspector, params } = this;
    this.#random = world.random.stream('questions');
    this.liars = options.lies.map((lie, i) => {
      const node = world.node(i % world.nodes.length);
      return new LyingPeer(lie, { id: `liar-${i}`, address: `/ip4/10.88.0.${i + 1}/tcp/1/p2p/liar-${i}`, node, world });
    });
    this.watch = new LightInspector({
      params,
      inspector,
      honest: world.nodes.map(({ id }) => id),
      codesOf: (peer) => this.liars.find(({ id }) => id === peer)?.lie.codes ?? [],
    });
    world.observe(this.watch);
  }

  get honest(): readonly Endpoint[] {
    return this.world.nodes;
  }

  async begin(minutes: number): Promise<void> {
    await this.world.startAll();
    await this.work(minutes);
  }

  /** A light client comes, that knows these peers. */
  join(peers: readonly Endpoint[], id = 'light-0'): SimulatedLightClient {
    const { params, world } = this;
    const client = new SimulatedLightClient({
      id,
      params,
      world,
      observers: [this.watch],
      peers,
      windowBlocks: WINDOW_BLOCKS,
    });
    client.start();
    return client;
  }

  /** Lets time go by, and asks the client about this and that meanwhile. */
  async live(client: SimulatedLightClient, minutes: number): Promise<void> {
    const endMs = this.world.nowMs + minutes * 60_000;
    while (this.world.nowMs < endMs) {
      await this.work(0.05);
      this.#ask(client);
    }
  }

  /** All comes to rest, and every client is where the honest nodes are. */
  override async end(...clients: readonly SimulatedLightClient[]): Promise<void> {
    await super.end();
    await this.world.run(60_000);
    const tip = this.world.node(0).machine.tip;
    for (const client of clients) this.watch.checkAtRest(client, tip);
  }

  #ask(client: SimulatedLightClient): void {
    const random = this.#random;
    const node = this.world.nodes.find(({ isUp }) => isUp);
    if (node === undefined) return;
    const { tip } = node.machine;
    const height = random.integer(0, tip.header.height);
    const point = node.machine.activeAt(height);
    const block = point === undefined ? undefined : this.inspector.known.find(point.hash);
    client.ask({ type: 'header-at', height });
    client.ask({ type: 'block', height, hash: random.chance(0.5) ? point?.hash : undefined });
    if (point !== undefined) client.ask({ type: 'extends', older: { hash: point.hash, height } });
    const id = block?.ids[0];
    if (id !== undefined) client.ask({ type: 'entry', id });
  }
}
