import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BuiltChain, bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { readRun } from '../../test/support/header-bytes.ts';
import { atEnd } from '../../test/support/lifetime.ts';
import { MemoryPeer, memoryNetworkOptions } from '../../test/support/memory-peer.ts';
import { growth, hashesOf, lastPoint, pendingEntry } from '../../test/support/store-change.ts';
import { overlay } from '../../test/support/store-overlay.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { verifyEntryProof } from '../core/entry-proof.ts';
import { createGenesis } from '../core/genesis.ts';
import { type Hash, hashBytes } from '../core/hash.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import { genesisPoint } from '../core/validation.ts';
import { MemoryNetworkHub } from '../network/memory-network.ts';
import type { PeerNetwork } from '../network/peer-network.ts';
import { CHAIN_PROOF_BYTES_MAX } from '../protocol/limits.ts';
import type { Message } from '../protocol/message.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { blockDamaged, StoreError } from '../storage/store-error.ts';
import { PeerLibrary } from './peer-library.ts';
import { ProofDesk } from './proof-desk.ts';

const UNKNOWN = hashBytes(Buffer.from('unknown'));
const MIB = 1024 * 1024;

const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 20, (height) => bodyOf(`{"at":${height}}`));

interface World {
  readonly library: PeerLibrary;
  readonly network: PeerNetwork;
  readonly peer: MemoryPeer;
  readonly damages: unknown[];
  readonly failures: unknown[];
}

/** A library over `blocks`, and a peer that is connected to it. */
async function startWorld(
  t: TestContext,
  options: { readonly blocks?: BuiltChain; readonly change?: (store: ChainStore) => Partial<ChainStore> } = {},
): Promise<World> {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(options.blocks ?? chain));
  const hub = new MemoryNetworkHub();
  const network = hub.createNetwork('node', memoryNetworkOptions(TEST_PARAMS));
  const damages: unknown[] = [];
  const failures: unknown[] = [];
  const changed = options.change === undefined ? store : overlay(store, options.change(store));
  const tip = (options.blocks ?? chain).blocks.at(-1)?.hash ?? UNKNOWN;
  const library = new PeerLibrary({
    store: changed,
    proofs: new ProofDesk({ store: changed, tip: () => tip }),
    network,
    onDamage: (error) => damages.push(error),
    onFailure: (error) => failures.push(error),
  });
  await network.start({
    peerConnected: () => undefined,
    messageReceived: () => undefined,
    peerDisconnected: (peer) => library.peerGone(peer),
    addressDiscovered: () => undefined,
  });
  atEnd(t, () => network.stop());
  const peer = await MemoryPeer.start(t, { hub, params: TEST_PARAMS, id: 'peer' });
  await peer.dial(network);
  return { library, network, peer, damages, failures };
}

/** What a message is about, in a line. */
function summary(message: Message): string {
  switch (message.type) {
    case 'headers':
      return `headers ${readRun(message.headers)
        .map(({ header }) => header.height)
        .join(' ')}`;
    case 'block':
      return `block ${chain.blocks.find(({ hash }) => hash === message.hash)?.header.height}`;
    case 'not-found':
      return `not found ${message.hashes.length}`;
    default:
      return message.type;
  }
}

const TIP = lastPoint(chain);
const hashAt = (height: number): Hash => chain.blocks[height - 1]?.hash ?? UNKNOWN;

test('questions are answered in the order in which they were asked, however long each takes', async (t) => {
  const { library, peer } = await startWorld(t, {
    change: (store) => ({
      // The first block asked for takes the longest to read.
      bodies: async (hashes, bytesMax) => {
        for (let turns = hashes[0] === hashAt(7) ? 20 : 0; turns > 0; turns--) await nextTurn();
        return store.bodies(hashes, bytesMax);
      },
    }),
  });
  library.serveBlocks('peer', [hashAt(7), hashAt(3)]);
  library.serveHeaders('peer', { locator: [hashAt(4)], max: 3 });
  library.serveBlocks('peer', [hashAt(1)]);
  await peer.readUntil((messages) => messages.length === 4);
  assert.deepEqual(peer.messages.map(summary), ['block 7', 'block 3', 'headers 5 6 7', 'block 1']);
});

test('a block is sent as the bytes that were hashed', async (t) => {
  const { library, peer } = await startWorld(t);
  library.serveBlocks('peer', hashesOf(chain));
  await peer.readUntil((messages) => messages.length === 20);
  for (const [i, message] of peer.messages.entries()) {
    assert.ok(message.type === 'block');
    assert.equal(message.hash, hashAt(i + 1));
    assert.equal(Buffer.from(message.bodyBytes).toString(), `[{"at":${i + 1}}]`);
  }
});

test('small blocks are read from the disk together', async (t) => {
  const reads: number[] = [];
  const { library, peer } = await startWorld(t, {
    change: (store) => ({
      bodies: (hashes, bytesMax) => {
        reads.push(hashes.length);
        return store.bodies(hashes, bytesMax);
      },
    }),
  });
  library.serveBlocks('peer', hashesOf(chain));
  await peer.readUntil((messages) => messages.length === 20);
  assert.deepEqual(reads, [20]);
});

test('blocks that are not there are named together, after those that are', async (t) => {
  const { library, peer } = await startWorld(t);
  library.serveBlocks('peer', [UNKNOWN, hashAt(2), hashBytes(Buffer.from('too'))]);
  await peer.readUntil((messages) => messages.length === 2);
  assert.deepEqual(peer.messages.map(summary), ['block 2', 'not found 2']);
});

test('headers follow the first hash of the locator that is known, or the genesis', async (t) => {
  const { library, peer } = await startWorld(t);
  library.serveHeaders('peer', { locator: [UNKNOWN, hashAt(18), hashAt(2)], max: 2000 });
  library.serveHeaders('peer', { locator: [UNKNOWN], max: 2 });
  library.serveHeaders('peer', { locator: [hashAt(20)], max: 2 });
  library.serveHeaders('peer', { locator: [createGenesis(TEST_PARAMS).hash], max: 1 });
  await peer.readUntil((messages) => messages.length === 4);
  assert.deepEqual(peer.messages.map(summary), ['headers 19 20', 'headers 1 2', 'headers ', 'headers 1']);
});

test('a peer that asks on and on without waiting is hung up on, and answered no more', async (t) => {
  const { library, peer } = await startWorld(t);
  for (let questions = 0; questions < 64; questions++) library.serveBlocks('peer', [hashAt(1)]);
  library.serveBlocks('peer', [hashAt(2)]);
  assert.deepEqual(await peer.disconnected.promise, { code: 'closed' });
  assert.ok(!peer.messages.map(summary).includes('block 2'));
});

test('as many questions as are allowed at once, again and again, are all answered', async (t) => {
  const { library, peer } = await startWorld(t);
  for (let round = 1; round <= 3; round++) {
    for (let questions = 0; questions < 64; questions++) library.serveHeaders('peer', { locator: [hashAt(1)], max: 1 });
    await peer.readUntil((messages) => messages.length === 64 * round);
    await nextTurn();
  }
});

test('for a peer that does not read, no more bodies are taken from the disk than a few may wait', async (t) => {
  const blocks = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 24, (height) =>
    singleBody(`"${String(height).padEnd(MIB / 2, 'x')}"`),
  );
  const waitingAtRead: number[] = [];
  const world: World = await startWorld(t, {
    blocks,
    change: (store) => ({
      bodies: (hashes, bytesMax) => {
        waitingAtRead.push(world.network.queuedBytes('peer'));
        return store.bodies(hashes, bytesMax);
      },
    }),
  });
  const { library, network, peer } = world;
  const isHolding = Promise.withResolvers<void>();
  const readingOn = Promise.withResolvers<void>();
  peer.beforeReading = () => {
    isHolding.resolve();
    return readingOn.promise;
  };
  library.serveBlocks('peer', hashesOf(blocks));
  await isHolding.promise;
  while (network.queuedBytes('peer') <= MIB / 2) await nextTurn();
  const readBefore = waitingAtRead.length;
  for (let turns = 0; turns < 100; turns++) await nextTurn();
  assert.equal(waitingAtRead.length, readBefore, 'it waits for the peer');
  assert.ok(readBefore < 4, `${readBefore} of 24 bodies were read`);
  readingOn.resolve();
  await peer.readUntil((messages) => messages.length === 24);
  assert.ok(Math.max(...waitingAtRead) <= MIB / 2);
});

test('a peer that has gone is read for no more, and one that comes back is not told what it asked before', async (t) => {
  const reads: Hash[] = [];
  const isRead = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const { library, network, peer, failures } = await startWorld(t, {
    change: (store) => ({
      bodies: async (hashes, bytesMax) => {
        reads.push(...hashes);
        isRead.resolve();
        if (hashes[0] === hashAt(1)) await mayAnswer.promise;
        return store.bodies(hashes, bytesMax);
      },
    }),
  });
  library.serveBlocks('peer', [hashAt(1), hashAt(2)]);
  library.serveBlocks('peer', [hashAt(3)]);
  await isRead.promise;
  network.disconnect('peer', 'a test');
  await peer.disconnected.promise;
  await peer.dial(network);
  library.serveBlocks('peer', [hashAt(4)]);
  mayAnswer.resolve();
  await peer.readUntil((messages) => messages.length > 0);
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  assert.deepEqual(peer.messages.map(summary), ['block 4']);
  assert.deepEqual(reads.toSorted(), [hashAt(1), hashAt(2), hashAt(4)].toSorted());
  assert.deepEqual(failures, []);
});

test('a block that is damaged on disk is reported and not found, and what was asked after it is answered', async (t) => {
  const damage = blockDamaged({ hash: hashAt(2), height: 2 }, 'a test');
  const { library, peer, damages, failures } = await startWorld(t, {
    change: (store) => ({
      bodies: async (hashes, bytesMax) => {
        const readable = hashes.indexOf(hashAt(2));
        if (readable === 0) throw damage;
        return store.bodies(readable === -1 ? hashes : hashes.slice(0, readable), bytesMax);
      },
    }),
  });
  library.serveBlocks('peer', [hashAt(1), hashAt(2), hashAt(3)]);
  library.serveHeaders('peer', { locator: [hashAt(19)], max: 9 });
  await peer.readUntil((messages) => messages.length === 4);
  assert.deepEqual(peer.messages.map(summary), ['block 1', 'block 3', 'not found 1', 'headers 20']);
  assert.deepEqual([damages, failures], [[damage], []]);
});

test('a disk that fails is a failure of the node', async (t) => {
  const failure = new StoreError('store-io', 'the disk is gone');
  const { library, failures } = await startWorld(t, {
    change: () => ({
      bodies: () => Promise.reject(failure),
    }),
  });
  library.serveBlocks('peer', [hashAt(1)]);
  while (failures.length === 0) await nextTurn();
  assert.deepEqual(failures, [failure]);
});

test('proofs are given in the order in which they were asked for, and hold', async (t) => {
  const { library, peer } = await startWorld(t);
  const { id } = pendingEntry('{"at":7}');
  library.serveEntryProof('peer', { tip: hashAt(20), id });
  library.serveChainProof('peer');
  library.serveHeaderProof('peer', { tip: hashAt(20), heights: [3, 5] });
  await peer.readUntil((messages) => messages.length === 3);
  const [entry, whole, headers] = peer.messages;
  assert.ok(entry?.type === 'entry-proof' && verifyEntryProof(entry.proof, TIP.header).ok);
  assert.ok(whole?.type === 'chain-proof');
  const proven = verifyChainProof(whole.proof, TEST_PARAMS);
  assert.ok(proven.ok && proven.value.tip.hash === hashAt(20));
  assert.ok(headers?.type === 'header-proof');
  const shown = verifyHeaderProof(headers.proof, TIP.header);
  assert.deepEqual(shown.ok && shown.value.map(({ header }) => header.height), [3, 5]);
});

test('where a proof cannot be given, it is said what is not there', async (t) => {
  const { library, peer } = await startWorld(t, {
    change: () => ({ chainProof: async () => ({ tip: hashAt(20), bytes: undefined }) }),
  });
  library.serveHeaderProof('peer', { tip: UNKNOWN, heights: [1] });
  library.serveHeaderProof('peer', { tip: hashAt(3), heights: [3] });
  library.serveEntryProof('peer', { tip: UNKNOWN, id: hashAt(1) });
  library.serveEntryProof('peer', { tip: hashAt(3), id: pendingEntry('{"at":4}').id });
  library.serveChainProof('peer');
  await peer.readUntil((messages) => messages.length === 5);
  assert.deepEqual(
    peer.messages.map((message) => (message.type === 'not-found' ? message.hashes : [])),
    [[UNKNOWN], [hashAt(3)], [UNKNOWN], [pendingEntry('{"at":4}').id], []],
  );
});

test('a chain proof that is larger than a message may have is as none', async (t) => {
  for (const [sizeBytes, type] of [
    [CHAIN_PROOF_BYTES_MAX, 'chain-proof'],
    [CHAIN_PROOF_BYTES_MAX + 1, 'not-found'],
  ] as const) {
    const { library, peer } = await startWorld(t, {
      change: () => ({ chainProof: async () => ({ tip: hashAt(20), bytes: new Uint8Array(sizeBytes) }) }),
    });
    library.serveChainProof('peer');
    await peer.readUntil((messages) => messages.length === 1);
    assert.equal(peer.messages[0]?.type, type);
  }
});

test('a peer that asks for the chain proof on and on gets it once, and is then hung up on', async (t) => {
  let made = 0;
  const { library, peer } = await startWorld(t, {
    change: (store) => ({
      chainProof: () => {
        made++;
        return store.chainProof();
      },
    }),
  });
  library.serveChainProof('peer');
  await peer.readUntil((messages) => messages.length === 1);
  for (let questions = 0; questions <= 64; questions++) library.serveChainProof('peer');
  assert.deepEqual(await peer.disconnected.promise, { code: 'closed' });
  assert.deepEqual(peer.messages.map(summary), ['chain-proof']);
  assert.equal(made, 1);
});

test('for a peer that does not read, no proofs are made', async (t) => {
  let made = 0;
  const blocks = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => singleBody(`"${'x'.repeat(MIB / 2)}"`));
  const { library, network, peer } = await startWorld(t, {
    blocks,
    change: (store) => ({
      headerProof: (question) => {
        made++;
        return store.headerProof(question);
      },
    }),
  });
  const isHolding = Promise.withResolvers<void>();
  const readingOn = Promise.withResolvers<void>();
  peer.beforeReading = () => {
    isHolding.resolve();
    return readingOn.promise;
  };
  library.serveBlocks('peer', hashesOf(blocks));
  for (let questions = 0; questions < 40; questions++) {
    library.serveHeaderProof('peer', { tip: hashesOf(blocks)[1] ?? UNKNOWN, heights: [0] });
  }
  await isHolding.promise;
  while (network.queuedBytes('peer') <= MIB / 2) await nextTurn();
  for (let turns = 0; turns < 100; turns++) await nextTurn();
  assert.equal(made, 0);
  readingOn.resolve();
  await peer.readUntil((messages) => messages.length === 42);
  assert.equal(made, 40);
});

test('a proof that cannot be made because of damage is reported, and nothing comes', async (t) => {
  const damage = new StoreError('store-damaged', 'a test');
  const { library, peer, damages, failures } = await startWorld(t, {
    change: () => ({ chainProof: () => Promise.reject(damage), entryProof: () => Promise.reject(damage) }),
  });
  library.serveChainProof('peer');
  library.serveEntryProof('peer', { tip: hashAt(20), id: UNKNOWN });
  library.serveHeaders('peer', { locator: [hashAt(19)], max: 9 });
  await peer.readUntil((messages) => messages.length === 1);
  assert.deepEqual(peer.messages.map(summary), ['headers 20']);
  assert.deepEqual([damages, failures], [[damage, damage], []]);
});
