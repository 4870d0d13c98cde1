/**
 * Hostile peers over real sockets: every character of `hostile/characters.ts` is set upon a real node with a bounded heap,
 * while honest people go on working there. What has to hold: the node stays up and within its memory, nothing that it
 * acknowledged is lost, no honest peer is put out, a newcomer finds its way in, and afterwards all agree.
 */
import type { NodeStatus, PeerView } from '../src/api/shapes.ts';
import { jsonValue } from '../src/core/json-text.ts';
import { encodeParams } from '../src/core/params.ts';
import { INBOUND_PEERS_MAX, PEERS_MAX } from '../src/protocol/limits.ts';
import type { Lifetime } from '../test/support/lifetime.ts';
import { Attackers } from './hostile/attackers.ts';
import { BATTLE_PARAMS, BattleNode, makeWorld } from './hostile/battlefield.ts';
import { CHARACTERS } from './hostile/characters.ts';
import { type HonestLatencies, HonestWork } from './hostile/honest-work.ts';
import type { Percentiles } from './hostile/percentiles.ts';
import { withLifetime } from './lifetime.ts';
import { amount, type Effort, type Figure, type Outcome, type Part } from './part.ts';

export const hostile: Part = {
  name: 'hostile',
  about: 'hostile peers of every kind over real sockets, while honest work goes on',
  run: (effort, tell) => withLifetime((lifetime) => fight(lifetime, effort, tell)),
};

async function fight(lifetime: Lifetime, effort: Effort, tell: (line: string) => void): Promise<Outcome> {
  const failures: string[] = [];
  const isNight = effort.column === 'nightly';
  const seats = isNight ? 64 : 8;
  const attackMs = amount(effort, { pullRequest: 120_000, nightly: 3_600_000 });
  const calmMs = Math.min(30_000, Math.ceil(attackMs / 4));
  const world = await makeWorld(lifetime);
  const node = await BattleNode.start(lifetime, world, { isBounded: true, mining: 'entries' });
  const friend = await BattleNode.start(lifetime, world, { mining: 'entries' });
  await node.statusWithin(30_000, ({ peers }) => peers === 1);

  const work = new HonestWork({ attacked: node.client, other: friend.client });
  const over = new AbortController();
  const watching = work.watch(over.signal, (event) => {
    if (event.type === 'peer-left' && event.id === friend.id) failures.push(`the honest peer left: ${event.reason}`);
  });
  tell('calm');
  await work.work(Math.min(WARM_UP_MS, calmMs));
  const calm = await work.work(calmMs);

  tell(`${seats} hostile peers at a time, ${CHARACTERS.length} characters`);
  const attackers = new Attackers({
    address: node.address,
    params: encodeParams(BATTLE_PARAMS),
    seed: effort.seed,
    seats,
    characters: [],
    turnMs: Math.min(TURN_MS, Math.ceil((attackMs * seats) / CHARACTERS.length)),
  });
  lifetime.after(() => attackers.stop());
  let mostPeers = 0;
  const counting = setInterval(() => {
    void node.status().then(
      ({ peers }) => {
        mostPeers = Math.max(mostPeers, peers);
      },
      () => undefined,
    );
  }, COUNT_MS);
  lifetime.after(() => clearInterval(counting));
  const [attacked, newcomer] = await Promise.all([work.work(attackMs), admitNewcomer(lifetime, node, attackMs / 2)]);
  const tally = await attackers.tally();
  await attackers.stop();
  clearInterval(counting);
  tell(`over: ${tally.connections} connections, ${tally.messages} messages, ${tally.headers} headers`);

  const { pid } = node.process.process;
  if (node.process.process.exitCode !== null) failures.push(`the node ended: ${node.process.stderr}`);
  if (newcomer === undefined) failures.push(`a newcomer did not get the chain in ${NEWCOMER_MS_MAX / 1000} s`);
  if (mostPeers > PEERS_MAX) failures.push(`${mostPeers} peers at once, and ${PEERS_MAX} are the most there may be`);
  if (work.failures.length > 0) {
    failures.push(`${work.failures.length} honest questions failed, the first with: ${work.failures[0]}`);
  }
  failures.push(...(await checkPeace(node, friend, work)));
  over.abort();
  await watching;
  const repeat = `npm run reliability -- hostile --seed ${effort.seed} --share ${effort.share}${isNight ? ' --nightly' : ''}`;
  return {
    figures: [
      { name: 'hostile peers at once', value: seats, unit: 'peers' },
      { name: 'hostile peer hours', value: (seats * attackMs) / 3_600_000, unit: 'h' },
      { name: 'connections by hostile peers', value: tally.connections, unit: 'connections' },
      { name: 'messages by hostile peers', value: tally.messages, unit: 'messages' },
      { name: 'headers by hostile peers', value: tally.headers, unit: 'headers' },
      { name: 'sent by hostile peers', value: tally.bytes / 1e6, unit: 'MB' },
      { name: 'peers at once, at most', value: mostPeers, unit: 'peers', aim: { atMost: INBOUND_PEERS_MAX + 8 } },
      ...(process.platform === 'linux'
        ? [{ name: 'memory of the node at most', value: node.peakBytes / 2 ** 20, unit: 'MiB', aim: { atMost: 512 } }]
        : []),
      ...latencyFigures(calm, attacked),
      { name: 'entries acknowledged meanwhile and there afterwards', value: work.acknowledged.length, unit: 'entries' },
      { name: 'a newcomer has the chain', value: (newcomer ?? NEWCOMER_MS_MAX) / 1000, unit: 's' },
    ],
    failures: failures.map((failure) => `process ${pid}: ${failure} (${repeat})`),
  };
}

/** After a while somebody new comes who knows the attacked node alone. How long it takes to follow its chain. */
async function admitNewcomer(lifetime: Lifetime, node: BattleNode, afterMs: number): Promise<number | undefined> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const world = await makeWorld(lifetime);
  const startMs = performance.now();
  const newcomer = await BattleNode.start(lifetime, world, { peer: node.address, mining: 'demand' });
  const goal = (await node.status()).tip.height;
  const arrived = await newcomer.statusWithin(NEWCOMER_MS_MAX, ({ tip }) => tip.height >= goal);
  return arrived === undefined ? undefined : performance.now() - startMs;
}

/** What must hold once those who attacked are gone. */
async function checkPeace(node: BattleNode, friend: BattleNode, work: HonestWork): Promise<string[]> {
  const failures: string[] = [];
  const isSame = (one: NodeStatus, other: NodeStatus) => one.tip.hash === other.tip.hash;
  const deadlineMs = performance.now() + PEACE_MS_MAX;
  while (!isSame(await node.status(), await friend.status())) {
    if (performance.now() > deadlineMs) {
      failures.push(`the two honest nodes do not agree ${PEACE_MS_MAX / 1000} s after the attack`);
      break;
    }
  }
  const { peers }: { peers: PeerView[] } = JSON.parse(await node.client.call('peers'));
  const score = peers.find(({ id }) => id === friend.id)?.score;
  if (score === undefined) failures.push('the honest peer is not connected any more');
  else if (score < HONEST_SCORE_MIN) failures.push(`the honest peer has a score of ${score}`);
  const lost: string[] = [];
  for (const id of work.acknowledged) {
    const isThere = await friend.client.call('entry', jsonValue({ id })).then(
      () => true,
      () =>
        node.client.call('entry', jsonValue({ id })).then(
          () => true,
          () => false,
        ),
    );
    if (!isThere) lost.push(id);
  }
  if (lost.length > 0) failures.push(`${lost.length} acknowledged entries are lost, the first is ${lost[0]}`);
  return failures;
}

function latencyFigures(calm: HonestLatencies, attacked: HonestLatencies): Figure[] {
  const kinds: readonly (readonly [string, (latencies: HonestLatencies) => Percentiles])[] = [
    ['an append is durable', ({ append }) => append],
    ['a question is answered', ({ status }) => status],
    ['a block is at the other node', ({ block }) => block],
  ];
  return kinds.flatMap(([name, of]) => [
    { name: `${name}, p50 in calm`, value: of(calm).p50, unit: 'ms' },
    { name: `${name}, p50 under attack`, value: of(attacked).p50, unit: 'ms', aim: { atMost: 2 * of(calm).p50 } },
    { name: `${name}, p99 in calm`, value: of(calm).p99, unit: 'ms' },
    { name: `${name}, p99 under attack`, value: of(attacked).p99, unit: 'ms', aim: { atMost: 2 * of(calm).p99 } },
  ]);
}

const WARM_UP_MS = 5_000;
/** How long a hostile peer keeps to one character. */
const TURN_MS = 15_000;
const COUNT_MS = 500;
const NEWCOMER_MS_MAX = 60_000;
const PEACE_MS_MAX = 30_000;
/** Four bodies that came late, as they may where a machine has much to do. What nobody honest does costs ten at least. */
const HONEST_SCORE_MIN = -8;
