/** That nothing is wrong with nodes that record entries once, and that the model objects to each thing that could be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hash } from '../../core/hash.ts';
import type { Answer, EntryPlace, SubmittedEntry } from '../../protocol/effects.ts';
import { createMemoryStore } from '../../storage/memory-store.ts';
import { World } from '../world.ts';
import { Inspector } from './inspector.ts';
import { InvariantBroken } from './invariant.ts';

const UNKNOWN = 'ab'.repeat(32) as Hash;
const TEXTS = ['"a"', '"b"', '"c"', '"d"', '"e"'];

test('a world in which the same entries are handed in again and again at every node breaks nothing', async () => {
  const { world, inspector } = watchedWorld(5);
  await world.startAll();
  const random = world.random.stream('work');
  const said = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const node = random.pick(world.nodes);
    if (!node.isUp) await world.start(node);
    else if (i % 11 === 3) world.crash(node);
    else if (i % 13 === 5) world.partition(random.sample(world.nodes, 2));
    else if (i % 13 === 8) world.heal();
    else world.submitOnce(node, ...random.sample(TEXTS, 2), `"${Math.floor(i / 8)}"`);
    await world.run(random.integer(1, 4_000));
  }
  for (const node of world.nodes) {
    await inspector.inspect(node);
    for (const answer of node.answers.values()) for (const status of statusesOf(answer)) said.add(status);
  }
  assert.deepEqual([...said].sort(), ['already-pending', 'in-block', 'pending']);
  assert.ok((inspector.tally.counts.get('S-k') ?? 0) > 500);
});

test('S-k: the model objects to a store that does not find what is in the chain', async () => {
  await assert.rejects(async () => {
    const { world } = watchedWorld(1, ({ places, indexedTo }) => ({ places: places.map(() => undefined), indexedTo }));
    await appendTwice(world);
  }, isBreach);
});

test('S-k: the model objects to a store that finds it where it does not stand', async () => {
  await assert.rejects(async () => {
    const { world } = watchedWorld(1, ({ places, indexedTo }) => {
      return { places: places.map((place) => place && { ...place, index: place.index + 1 }), indexedTo };
    });
    await appendTwice(world);
  }, isBreach);
});

const ANSWERS: readonly (readonly [string, (id: Hash, place: EntryPlace) => SubmittedEntry])[] = [
  [
    'an entry that is told to stand where it does not',
    (id, place) => ({ id, status: 'in-block', place: { ...place, height: 0 } }),
  ],
  ['an entry that is recorded a second time', (id) => ({ id, status: 'pending' })],
];
for (const [what, entryOf] of ANSWERS) {
  test(`S-k: the model objects to ${what}`, async () => {
    const { world, inspector } = watchedWorld(1);
    const { id, place } = await appendTwice(world);
    const node = world.node(0);
    const request = 999;
    inspector.handled(node, { type: 'entries-submitted', request, entries: [], once: true }, []);
    const answer: Answer = { type: 'entries-pending', entries: [entryOf(id, place)] };
    assert.throws(() => inspector.handled(node, { type: 'tick' }, [{ type: 'answer', request, answer }]), isBreach);
  });
}

test('S-k: the model objects to a commit beside a question for entries', async () => {
  const { world, inspector } = watchedWorld(1);
  await world.startAll();
  const node = world.node(0);
  const change = { blocks: [], pendingAdded: [], activate: undefined };
  inspector.handled(node, { type: 'tick' }, [{ type: 'find-entries', ids: [UNKNOWN] }]);
  assert.throws(() => inspector.handled(node, { type: 'tick' }, [{ type: 'commit', change }]), isBreach);
});

type Found = Awaited<ReturnType<ReturnType<typeof createMemoryStore>['firstPlaces']>>;

function watchedWorld(nodes: number, doctor: (found: Found) => Found = (found) => found) {
  const world = new World({
    seed: 21,
    nodes,
    miningMode: 'entries',
    createStore: (params) => {
      const store = createMemoryStore(params);
      const real = store.firstPlaces.bind(store);
      return Object.assign(store, { firstPlaces: async (ids: readonly Hash[]) => doctor(await real(ids)) });
    },
  });
  const inspector = new Inspector({ params: world.params, honest: world.nodes.map(({ id }) => id) });
  world.observe(inspector);
  return { world, inspector };
}

/** Has an entry mined, hands it in once more, and says where it stands. */
async function appendTwice(world: World): Promise<{ readonly id: Hash; readonly place: EntryPlace }> {
  await world.startAll();
  const node = world.node(0);
  world.submitOnce(node, '"a"');
  await world.until('the entry is in a block', 600_000, () => node.machine.tip.header.height === 1);
  const { request } = world.submitOnce(node, '"a"');
  await world.until('it is answered', 60_000, () => node.answers.has(request));
  const answer = node.answers.get(request);
  assert.ok(answer?.type === 'entries-pending');
  const [entry] = answer.entries;
  assert.ok(entry?.status === 'in-block');
  return entry;
}

function statusesOf(answer: Answer): readonly string[] {
  return answer.type === 'entries-pending' ? answer.entries.map(({ status }) => status) : [];
}

function isBreach(error: unknown): true {
  assert.ok(error instanceof InvariantBroken, String(error));
  assert.equal(error.invariant, 'S-k', error.message);
  return true;
}
