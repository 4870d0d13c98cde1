/** What a node refuses of what was signed is kept and told, and nothing that is signed afterwards waits for it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { genesisHash } from '../core/genesis.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { authorsOf } from '../core/signed-entry.ts';
import type { Fixture } from '../probe/probe-server.fixture.ts';
import { makeHome, runBeside, StrawNode } from './straw-node.fixture.ts';

class World {
  readonly node: StrawNode;
  readonly home: string;
  readonly #fixture: Fixture;

  private constructor(node: StrawNode, home: string, fixture: Fixture) {
    this.node = node;
    this.home = home;
    this.#fixture = fixture;
  }

  /** With the key `alice`. */
  static async make(t: TestContext): Promise<World> {
    const node = new StrawNode();
    const world = new World(node, await makeHome(t), await node.start(t));
    await world.run('keys', 'create', 'alice');
    return world;
  }

  run(...args: readonly string[]) {
    return runBeside({ home: this.home, node: this.#fixture }, ...args);
  }

  async append(lines: readonly string[], ...flags: readonly string[]) {
    const file = join(this.home, 'entries.ndjson');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    return this.run('append', String(this.#fixture.port), file, '--sign', 'alice', ...flags);
  }

  mine(json: string) {
    return this.run('mine', String(this.#fixture.port), json, '--sign', 'alice');
  }

  /** The numbers of what the node has taken, in the order of its coming. */
  get sequences(): (number | undefined)[] {
    return this.node.taken.map((one) => authorsOf(Buffer.from(one))[0]?.sequence);
  }

  async networks(): Promise<unknown> {
    const { out } = await this.run('keys', 'show', 'alice', '--json');
    return JSON.parse(out).networks;
  }
}

const IS_BAD = (entry: string) => entry.includes('"bad"');
const THREE = ['{"n":0}', '{"n":"bad"}', '{"n":2}'];
const TOLD = /^Refused, though it is signed as number 1: It says no\. \(proof-signature-wrong\)\. /m;

test('an entry that a node refuses holds up nothing that was signed after it, however that is handed in', async (t) => {
  const ways: [string, (world: World) => ReturnType<World['run']>][] = [
    ['append', (world) => world.append(['{"n":3}'])],
    ['mine', (world) => world.mine('{"n":3}')],
  ];
  for (const [name, handIn] of ways) {
    const world = await World.make(t);
    world.node.refuses = IS_BAD;
    assert.equal((await world.append(THREE)).exitCode, 1, 'it stops where it is refused');
    assert.deepEqual(world.sequences, [0]);
    const next = await handIn(world);
    assert.equal(next.exitCode, 0, `${name}: ${next.talk}`);
    assert.match(next.talk, TOLD, name);
    assert.deepEqual(world.sequences, [0, 2, 3], `${name}: number 1 is not given again`);
  }
});

test('what was refused is kept, and goes to a node that takes it, byte for byte', async (t) => {
  const world = await World.make(t);
  world.node.refuses = IS_BAD;
  await world.append(THREE);
  await world.mine('{"n":3}');
  const again = await world.mine('{"n":4}');
  assert.match(again.talk, /^Refused as before: 1 entry that this key has signed/m, 'it is told each time');
  assert.doesNotMatch(again.talk, TOLD);
  world.node.refuses = () => false;
  const taken = await world.mine('{"n":5}');
  assert.equal(taken.talk.includes('efused'), false, taken.talk);
  assert.deepEqual(world.sequences, [0, 2, 3, 4, 1, 5]);
  assert.match(world.node.taken[4] ?? '', /"n":"bad"/);
  assert.deepEqual(await world.networks(), [
    { genesis: genesisHash(DEFAULT_PARAMS), sequence: 6, waiting: 0, refused: [] },
  ]);
});

test('whoever looks at a key sees what was refused, and why', async (t) => {
  const world = await World.make(t);
  world.node.refuses = IS_BAD;
  await world.append(THREE);
  await world.mine('{"n":3}');
  const [network] = (await world.networks()) as { refused: { id: string }[] }[];
  const id = network?.refused[0]?.id;
  assert.match(id ?? '', /^[0-9a-f]{64}$/);
  const refused = [{ sequence: 1, id, code: 'proof-signature-wrong', message: 'It says no.' }];
  assert.deepEqual(network, { genesis: genesisHash(DEFAULT_PARAMS), sequence: 4, waiting: 1, refused });
  const { out } = await world.run('keys', 'show', 'alice');
  assert.match(out, /^refused {5}number 1, [0-9a-f]{64}: It says no\. \(proof-signature-wrong\)$/m);
});

test('what was signed before reaches a node whose blocks are smaller, too', async (t) => {
  const world = await World.make(t);
  world.node.refuses = (entry) => entry.includes('"n":0');
  await world.append(Array.from({ length: 10 }, (_, n) => `{"n":${n}}`));
  world.node.refuses = () => false;
  world.node.entriesMax = 3;
  const { exitCode, talk } = await world.mine('{"n":10}');
  assert.equal(exitCode, 0, talk);
  assert.deepEqual(world.sequences, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('many that are refused cost one call each, and the others none', async (t) => {
  const world = await World.make(t);
  world.node.refuses = IS_BAD;
  const lines = Array.from({ length: 40 }, (_, n) => (n % 4 === 0 ? `{"bad":${n}}` : `{"n":${n}}`));
  await world.append(lines);
  await world.mine('{}');
  assert.equal(world.node.taken.length, 31);
  world.node.calls = 0;
  await world.mine('{}');
  assert.equal(world.node.calls, 10);
});

test('with --resume the file goes on behind an entry that was refused', async (t) => {
  const world = await World.make(t);
  world.node.refuses = IS_BAD;
  await world.append(THREE);
  const { exitCode, talk } = await world.append([...THREE, '{"n":3}'], '--resume');
  assert.equal(exitCode, 0, talk);
  assert.deepEqual(world.sequences, [0, 2, 3]);
});
