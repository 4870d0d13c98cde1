/** Many nodes: twelve in one process, and as many peers at one node as it takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { entryIds } from '../src/core/body.ts';
import { MemoryNetworkHub } from '../src/network/memory-network.ts';
import { SEND_QUEUES_BYTES_MAX } from '../src/network/peer-network.ts';
import type { Question } from '../src/node/runtime.ts';
import { INBOUND_PEERS_MAX, OUTBOUND_PEERS_TARGET, PEERS_MAX } from '../src/protocol/limits.ts';
import type { Message } from '../src/protocol/message.ts';
import { bodyOf, TEST_PARAMS } from './support/chain-fixture.ts';
import { readRun } from './support/header-bytes.ts';
import { MemoryNode } from './support/memory-node.ts';
import { MemoryPeer } from './support/memory-peer.ts';
import { entriesOf } from './support/store-change.ts';

const params = TEST_PARAMS;

test('twelve nodes in a ring that all mine settle on one chain, and it holds what was appended at each', async (t) => {
  const hub = new MemoryNetworkHub();
  const ids = Array.from({ length: 12 }, (_, i) => `node-${i}`);
  const nodes = await Promise.all(ids.map((id) => MemoryNode.start(t, { hub, id, params, mode: 'entries' })));
  for (const [i, node] of nodes.entries()) node.meet(ids[(i + 1) % ids.length] ?? '');
  const entries = ids.map((id) => bodyOf(`"appended at ${id}"`));
  await Promise.all(nodes.map((node, i) => node.runtime.ask(submission(entries[i] ?? assert.fail()))));
  const [first] = nodes;
  assert.ok(first);
  const wanted = new Set(entries.flatMap((body) => entryIds(body)));
  // What settles them happens at one of them, and after that perhaps nothing at the others.
  await Promise.race(nodes.map((node) => node.until(() => isSettled(nodes))));
  const recorded = new Set<string>();
  for (let height = 1; height <= first.machine.tip.header.height; height++) {
    const stored = await first.store.blockAt(height);
    for (const id of entryIds(stored?.block.body ?? assert.fail())) recorded.add(id);
  }
  assert.deepEqual(wanted.difference(recorded), new Set());
  for (const node of nodes) assert.deepEqual([node.machine.tip, node.failures], [first.machine.tip, []]);
});

test('a node with all the peers it may have tells each of a new block, and one more that there is no room', async (t) => {
  const { node, peers, hub } = await startCrowd(t);
  await mine(node, ['"news"']);
  await Promise.all(peers.map((peer) => peer.readUntil(tellsOf(node.machine.tip.hash))));
  const oneTooMany = await MemoryPeer.start(t, { hub, params, id: 'one-too-many' });
  await oneTooMany.dial(node.network);
  oneTooMany.greet(node.network, params);
  await oneTooMany.readUntil((messages) => messages.some((one) => one.type === 'goodbye' && one.code === 'peers-full'));
  await oneTooMany.disconnected.promise;
  assert.equal(peerCount(node), PEERS_MAX);
});

test('peers that ask for blocks and do not read them cost bounded memory, and one that reads gets its own', async (t) => {
  const { node, peers } = await startCrowd(t);
  const blocks = 24;
  for (let i = 0; i < blocks; i++) {
    await mine(
      node,
      Array.from({ length: 4 }, (_, entry) => JSON.stringify(`${i} ${entry}`.padEnd(50_000, 'x'))),
    );
  }
  const hashes = await node.store.activeHashes(1, blocks);
  const gate = Promise.withResolvers<void>();
  const [reader, ...slow] = peers;
  assert.ok(reader);
  for (const peer of slow) peer.beforeReading = () => gate.promise;
  for (const peer of peers) peer.send(node.network, { type: 'get-blocks', hashes });
  const isWhole = (messages: readonly Message[]) => countBlocks(messages) === blocks;
  let mostBytes = 0;
  const queuedBytes = () => peers.reduce((sum, peer) => sum + node.network.queuedBytes(peer.network.localPeer), 0);
  // Until many are seen to be slow and one is not, and then for as long again, in which no more comes to wait.
  for (let rest = 2_000; rest > 0; ) {
    mostBytes = Math.max(mostBytes, queuedBytes());
    if (mostBytes > 8 * 1024 * 1024 && isWhole(reader.messages)) rest--;
    await nextTurn();
  }
  assert.ok(mostBytes <= SEND_QUEUES_BYTES_MAX, `${mostBytes} bytes waited`);
  assert.equal(peerCount(node), PEERS_MAX, 'nobody is hung up on for reading slowly');
  gate.resolve();
});

/** A node with all the peers that it may have: those who have dialled, and those it has. */
async function startCrowd(
  t: Parameters<typeof MemoryNode.start>[0],
): Promise<{ readonly hub: MemoryNetworkHub; readonly node: MemoryNode; readonly peers: readonly MemoryPeer[] }> {
  const hub = new MemoryNetworkHub();
  const node = await MemoryNode.start(t, { hub, id: 'node', params, mode: 'demand' });
  const peers: MemoryPeer[] = [];
  for (let i = 0; i < PEERS_MAX; i++) {
    const peer = await MemoryPeer.start(t, { hub, params, id: `peer-${i}` });
    peers.push(peer);
    if (i < INBOUND_PEERS_MAX) await peer.dial(node.network);
    else node.meet(`peer-${i}`);
    const greet = () => peer.greet(node.network, params);
    if (i < INBOUND_PEERS_MAX) greet();
    else peer.onMessage = (message) => message.type === 'hello' && greet();
  }
  assert.equal(PEERS_MAX - INBOUND_PEERS_MAX, OUTBOUND_PEERS_TARGET);
  await node.until(() => peerCount(node) === PEERS_MAX);
  return { hub, node, peers };
}

async function mine(node: MemoryNode, entries: readonly string[]): Promise<void> {
  const answer = await node.runtime.ask({ type: 'mine-requested', body: bodyOf(...entries) });
  assert.equal(answer.type, 'block-mined');
}

function peerCount({ machine }: MemoryNode): number {
  return [...machine.peers].length;
}

function submission(body: Parameters<typeof entriesOf>[0]): Question {
  return { type: 'entries-submitted', entries: entriesOf(body) };
}

/** Whether all have one tip, and nothing waits for a block any more. */
function isSettled(nodes: readonly MemoryNode[]): boolean {
  const tips = new Set(nodes.map(({ machine }) => machine.tip.hash));
  return tips.size === 1 && nodes.every(({ machine }) => machine.tip.header.height > 0 && machine.pool.count === 0);
}

function tellsOf(hash: string): (messages: readonly Message[]) => boolean {
  return (messages) =>
    messages.some(
      (message) => message.type === 'headers' && readRun(message.headers).some((header) => header.hash === hash),
    );
}

function countBlocks(messages: readonly Message[]): number {
  return messages.filter(({ type }) => type === 'block').length;
}
