/** One partition of real nodes: cut, worked on at all sides, and healed; then all must agree, and nothing be lost. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeStatus } from '../../src/api/shapes.ts';
import { assert } from '../../src/core/assert.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import type { Random } from '../../src/simulator/random.ts';
import { mineOne } from '../kill/loads.ts';
import type { Carriage } from './link.ts';
import type { LinkedNode, LinkedNodes, LinkOfPair } from './linked-nodes.ts';
import { drawPartition, type Passage, type Shape } from './shapes.ts';

export interface Trial {
  readonly shape: Shape;
  /** How long it is cut, ms. */
  readonly cutMs: number;
  /** Whether connections break, or stay and carry nothing. */
  readonly cut: 'refused' | 'held';
  /** Whether all lines are slow in the meantime and until all agree. */
  readonly isSlow: boolean;
}

export interface TrialResult {
  /** From the healing until all nodes had one tip, ms. */
  readonly agreementMs: number;
  /** How many tips there were when it was healed. */
  readonly tipCount: number;
  readonly entryCount: number;
  /** Of the blocks that were mined meanwhile: on none of the chains in the end. */
  readonly blockCount: number;
}

/** Rejects where the nodes do not agree again, or something is lost. */
export async function runTrial(linked: LinkedNodes, trial: Trial, random: Random): Promise<TrialResult> {
  const { nodes, links } = linked;
  const passage = drawPartition(trial.shape, nodes.length, random);
  if (trial.isSlow) for (const { link } of links) link.slowDown(SLOW_PACE);
  for (const pair of links) pair.link.carry(carriageOf(pair, passage, trial.cut));
  const before = countPromises(nodes);
  const ending = new AbortController();
  const work = Promise.all(nodes.map((node, i) => workOn(node, random.stream(`work of ${i}`), ending.signal)));
  await Promise.race([work, delay(trial.cutMs)]);
  ending.abort();
  await work;
  const statuses = await Promise.all(nodes.map(readStatus));
  const tipCount = new Set(statuses.map(({ tip }) => tip.hash)).size;

  for (const { link } of links) link.carry('open');
  const healedMs = performance.now();
  await untilAgreed(nodes);
  const agreementMs = performance.now() - healedMs;
  for (const { link } of links) link.fullPace();
  await settle(nodes, random);
  const after = countPromises(nodes);
  return {
    agreementMs,
    tipCount,
    entryCount: after.entryCount - before.entryCount,
    blockCount: after.blockCount - before.blockCount,
  };
}

/** Every entry that any node has acknowledged gets into the one chain of all, and every node keeps its blocks. */
async function settle(nodes: readonly LinkedNode[], random: Random): Promise<void> {
  const deadlineMs = performance.now() + AGREEMENT_MS_MAX;
  const miner = random.pick(nodes);
  // Nodes tell again of what waits after every block, which is how an entry comes back to a peer that has lost it.
  const mineAndWait = async () => {
    await mineOne(miner.client, miner.entries, WAITING_MAX);
    await pause(deadlineMs, 'an entry did not reach the miner', MINING_PAUSE_MS);
  };
  for (const { promises } of nodes) await promises.untilAllEntriesAreKnown(miner.client, mineAndWait);
  do await mineOne(miner.client, miner.entries, WAITING_MAX);
  while ((await readStatus(miner)).pending.count > 0);
  await untilAgreed(nodes);
  for (const node of nodes) node.promises.settle();
  for (const node of nodes) {
    await node.promises.check(node.client, random);
    for (const other of nodes) await other.promises.checkEntries(node.client, random);
    const { peers } = JSON.parse(await node.client.call('peers'));
    for (const { id, score } of peers) assert(score > SCORE_MIN, `an honest peer, ${id}, has the score ${score}`);
    const errors = node.process.stderr.split('\n').filter((line) => /^\{"level":[56]0,|^cairn: /.test(line));
    assert(errors.length === 0, `a node logged ${errors.join('\n')}`);
  }
}

/** Appends here and there, and mines now and then, until `signal` is aborted. */
async function workOn(node: LinkedNode, random: Random, signal: AbortSignal): Promise<void> {
  const { client, entries, promises } = node;
  while (!signal.aborted) {
    if (random.chance(MINING_SHARE)) {
      const { hash, height, id } = await mineOne(client, entries, WAITING_MAX);
      promises.blockAnnounced(hash, height);
      promises.entryAcknowledged(id);
    } else {
      const { entry, id } = entries.next();
      await client.call('append', jsonValue({ entries: [entry] }));
      promises.entryAcknowledged(id);
    }
    await delay(random.integer(20, 200));
  }
}

/** Waits until all nodes have the same tip and entries. */
async function untilAgreed(nodes: readonly LinkedNode[]): Promise<void> {
  const deadlineMs = performance.now() + AGREEMENT_MS_MAX;
  for (;;) {
    const statuses = await Promise.all(nodes.map(readStatus));
    const tips = statuses.map(({ tip }) => tip.hash);
    if (new Set(tips).size === 1) return;
    await pause(
      deadlineMs,
      `the nodes do not agree: ${statuses.map(({ tip, peers }) => `${tip.height} ${tip.hash} (${peers} peers)`).join(', ')}`,
    );
  }
}

async function readStatus({ client }: LinkedNode): Promise<NodeStatus> {
  return JSON.parse(await client.call('status', undefined, PATIENT));
}

async function pause(deadlineMs: number, otherwise: string, pauseMs = POLL_MS): Promise<void> {
  assert(performance.now() < deadlineMs, `${otherwise}, ${AGREEMENT_MS_MAX} ms after the partition was healed`);
  await delay(pauseMs);
}

function carriageOf(
  { first, second }: LinkOfPair,
  passage: (first: number, second: number) => Passage,
  cut: 'refused' | 'held',
): Carriage {
  switch (passage(first, second)) {
    case 'open':
      return 'open';
    case 'cut':
      return cut;
    case 'first-to-second':
      return 'held-backwards';
    case 'second-to-first':
      return 'held-forwards';
  }
}

function countPromises(nodes: readonly LinkedNode[]): { readonly entryCount: number; readonly blockCount: number } {
  return {
    entryCount: nodes.reduce((sum, { promises }) => sum + promises.entryCount, 0),
    blockCount: nodes.reduce((sum, { promises }) => sum + promises.blockCount, 0),
  };
}

/** Ten block intervals of a network with the usual ten seconds, and as much for a machine that does much else. */
const AGREEMENT_MS_MAX = 200_000;
const MINING_SHARE = 0.2;
const WAITING_MAX = 500;
const POLL_MS = 50;
const MINING_PAUSE_MS = 500;
/** Who falls to -20 is hung up on. */
const SCORE_MIN = -20;
const SLOW_PACE = { delayMs: 50, bytesPerSecond: 200_000 };
const PATIENT = { timeoutMs: 60_000 };
