/**
 * What went wrong in systems of this kind, played again here: each test is named after what it is known by. What it was
 * there is said in a sentence, what must hold here is the test.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { encodeBase58 } from '../src/core/base58.ts';
import type { Block } from '../src/core/block.ts';
import { bodyFromEntries, dataRoot, entryIds } from '../src/core/body.ts';
import { parseDid } from '../src/core/did-key.ts';
import { verifyEd25519 } from '../src/core/ed25519.ts';
import { type Hash, hashToBytes } from '../src/core/hash.ts';
import { hashLeaf, hashNode, merkleRoot, rootFromInclusion } from '../src/core/merkle.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { encodeFrameHeader, FrameReader, parseFrameHeader } from '../src/protocol/frame.ts';
import { ENTRIES_ASKED_PER_PEER_MAX, IDS_PER_MESSAGE_MAX, PEER_MESSAGE_BYTES_MAX } from '../src/protocol/limits.ts';
import { joinEntries } from '../src/protocol/message.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { openDatabase } from '../src/storage/sqlite-schema.ts';
import { openSqliteStore } from '../src/storage/sqlite-store.ts';
import { breakLog } from './support/broken-log.ts';
import { bodyOf, buildBlock, buildChain, TEST_PARAMS } from './support/chain-fixture.ts';
import { entriesOf, entryOf } from './support/entry-fixture.ts';
import { assertBanned, bodyMessage, headersOf, LoneMachine, sentTo, tipOf } from './support/lone-machine.ts';
import { heldMemory } from './support/memory.ts';
import { ALL_PENDING, growth, NO_CHANGE, pendingEntry, stateOf, switchTo } from './support/store-change.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const root = mkdtempSync(join(tmpdir(), 'cairn-histories-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);

test('CVE-2012-2459 (Bitcoin): a body that repeats its last entries has another root, and does not taint the header', async () => {
  // There the last hash of an odd level was paired with itself, so two bodies had one root: the wrong one was
  // remembered as an invalid block, and the right one refused after it.
  for (let count = 1; count <= 9; count++) {
    const ids = entriesOf('leaf', count).map(({ id }) => id);
    for (let repeated = 1; repeated <= count; repeated++) {
      const longer = [...ids, ...ids.slice(count - repeated)];
      assert.notEqual(merkleRoot(longer), merkleRoot(ids), `${count} and the last ${repeated} again`);
    }
  }
  const { block } = buildBlock(TEST_PARAMS, GENESIS, bodyOf('1', '2', '3'));
  const lone = await LoneMachine.start();
  lone.greet('forger');
  lone.greet('honest');
  lone.receive('forger', headersOf([block]));
  const forged = { type: 'block', hash: block.hash, bodyBytes: bodyOf('1', '2', '3', '3').bytes } as const;
  assertBanned(lone, lone.receive('forger', forged), 'forger', 'data-root-wrong');
  lone.receive('honest', headersOf([block]));
  lone.receive('honest', bodyMessage(block));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, block.hash);
});

test('CVE-2018-17144 (Bitcoin): what stands twice in one block is counted twice, and undone as it was done', async () => {
  // There a block that spent one output twice crashed a node, or made money out of nothing. Here equal entries are
  // allowed, and each is in its place; both stores agree on what a reorganisation gives back.
  const twice = buildChain(TEST_PARAMS, GENESIS, 1, () => bodyOf('"again"', '"again"', '"once"', '"again"'));
  const other = buildChain(TEST_PARAMS, GENESIS, 2, (height) => (height === 1 ? bodyOf('"once"') : bodyOf()));
  const { id } = entryOf('"again"');
  const disk = await openSqliteStore({ folder: newFolder(), params: TEST_PARAMS });
  const memory = createMemoryStore(TEST_PARAMS);
  for (const store of [disk, memory]) {
    await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"again"')] });
    const joined = await store.commit(growth(twice));
    assert.deepEqual(joined.included, [id]);
    const left = await store.commit(switchTo(0, other));
    assert.deepEqual(
      left.returned.map((entry) => entry.id),
      [id],
      'it is pending again, once',
    );
    const back = await store.commit(switchTo(0, twice));
    assert.deepEqual(back.included, [id]);
    assert.deepEqual((await store.pending(ALL_PENDING)).entries, []);
  }
  await disk.close();
  const { places } = await memory.entryPlaces(id, 10);
  assert.deepEqual(
    places.map(({ index }) => index),
    [0, 1, 3],
  );
});

test('CVE-2018-17145 (INVDoS): endless inventories are neither asked for nor kept', async () => {
  // There every announced id was queued for each peer, and memory ran out.
  const lone = await LoneMachine.start();
  lone.greet('flood');
  let asked = 0;
  const announce = (from: number, batches: number) => {
    for (let batch = from; batch < from + batches; batch++) {
      const ids = Array.from({ length: IDS_PER_MESSAGE_MAX }, (_, i) => numbered(batch * IDS_PER_MESSAGE_MAX + i));
      for (const message of sentTo(lone.receive('flood', { type: 'inventory', ids }), 'flood')) {
        if (message.type === 'get-entries') asked += message.ids.length;
      }
      lone.effects.length = 0;
    }
  };
  announce(0, 50);
  const before = heldMemory().heapUsed;
  announce(50, 400);
  assert.equal(asked, ENTRIES_ASKED_PER_PEER_MAX);
  // 400,000 ids as they were queued there would be 50 MB and more.
  assert.ok(heldMemory().heapUsed - before < 8_000_000, 'what was announced is gone');
});

test('CVE-2019-25220 (Bitcoin): chains of headers with little work take no place in memory, from however many peers', async () => {
  // There headers off early blocks, which are cheap, were all kept.
  const chain = buildChain(TEST_PARAMS, GENESIS, 300, () => bodyOf());
  const lone = await LoneMachine.start({ chain });
  const { headers } = lone.machine.holdings;
  for (let peer = 0; peer < 20; peer++) {
    const cheap = buildChain(TEST_PARAMS, GENESIS, 30, () => bodyOf(`${peer}`));
    lone.greet(`p${peer}`, tipOf(chain));
    lone.receive(`p${peer}`, headersOf(cheap.blocks));
  }
  assert.equal(lone.machine.holdings.headers, headers);
  assert.equal(lone.machine.tip.hash, chain.points.at(-1)?.hash);
});

test('CVE-2017-12842 (Bitcoin): 64 bytes are a leaf or a node, never both, and the count is bound to the root', () => {
  // There a transaction of 64 bytes could pass for a node of the tree, and prove a payment that never was.
  const ids = entriesOf('leaf', 4).map(({ id }) => id);
  const [first, second, third, fourth] = ids as [Hash, Hash, Hash, Hash];
  const left = hashNode(first, second);
  const right = hashNode(third, fourth);
  const pair = new Uint8Array(Buffer.concat([hashToBytes(first), hashToBytes(second)]));
  assert.notEqual(hashLeaf(pair), left, 'the bytes of a node make another leaf');
  // In the bare tree two nodes do pass for two leaves: a proof has to say of how many.
  assert.equal(merkleRoot([left, right]), merkleRoot(ids));
  assert.equal(rootFromInclusion({ leaf: left, index: 0, count: 2, proof: [right] }), merkleRoot(ids));
  assert.notEqual(dataRoot('array', [left, right]), dataRoot('array', ids), 'which the data root does');
});

test('March 2013 (Bitcoin): what the rules allow, the store takes: the fullest blocks, and a switch between them', async () => {
  // There some nodes could not take a block that others could: their database had a limit that was no rule, and the
  // chain split.
  const { bodyBytesMax, entriesMax, entryBytesMax } = TEST_PARAMS;
  const fullest = (label: string) => [
    bodyOf(...Array.from({ length: entriesMax }, (_, i) => `"${label} ${i}"`)),
    fullBody(label, bodyBytesMax, entryBytesMax),
  ];
  const [one, two] = ['one', 'two'].map((label) => {
    const bodies = fullest(label);
    return buildChain(TEST_PARAMS, GENESIS, label === 'one' ? 4 : 6, (height) => bodies[height % 2] ?? bodyOf());
  });
  assert.ok(one !== undefined && two !== undefined);
  const disk = await openSqliteStore({ folder: newFolder(), params: TEST_PARAMS });
  const memory = createMemoryStore(TEST_PARAMS);
  for (const change of [growth(one), switchTo(0, two), switchTo(0, one)]) {
    const [onDisk, inMemory] = [await disk.commit(change), await memory.commit(change)];
    assert.deepEqual(onDisk.removed, inMemory.removed);
    assert.deepEqual([...onDisk.included].sort(), [...inMemory.included].sort());
    assert.equal((await disk.chainJson()).tip, (await memory.chainJson()).tip);
    assert.equal((await disk.chainJson()).sizeBytes, (await memory.chainJson()).sizeBytes);
  }
  await disk.close();
});

test('CVE-2024-35202 (Bitcoin): pieces of a block that come twice, late, or of another block stop nobody', async () => {
  // There a second answer to the question for missing transactions ran into an assertion, and the node stopped.
  const entries = entriesOf('piece', 8);
  const { block, point } = buildBlock(TEST_PARAMS, GENESIS, bodyFromEntries(entries.map(({ bytes }) => bytes)));
  const next = buildBlock(TEST_PARAMS, point, bodyFromEntries(entries.slice(0, 3).map(({ bytes }) => bytes))).block;
  const lone = await LoneMachine.start();
  lone.feed({ type: 'entries-submitted', request: 1, entries: entries.slice(0, 5) });
  await lone.settle();
  for (const peer of ['p', 'q']) lone.greet(peer);
  lone.receive('p', headersOf([block, next]));
  const pieces = [idsOf(block), idsOf(next), entriesAt(block, 5, 6, 7), entriesAt(next, 0)];
  for (const message of [...pieces, ...pieces, bodyMessage(block), ...pieces, bodyMessage(next), ...pieces]) {
    for (const peer of ['q', 'p', 'q']) lone.receive(peer, message);
    await lone.settle();
  }
  // Whoever sent what cannot be has been put out; the chain is to be had from another.
  lone.greet('honest');
  lone.receive('honest', headersOf([block, next]));
  for (const body of [block, next]) lone.receive('honest', bodyMessage(body));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, next.hash);
});

test('CVE-2025-46597 (Bitcoin): a size beyond 31 or 32 bits is refused as what it is, and nothing is set aside for it', () => {
  // There a block of over a gigabyte overflowed the arithmetic of its size where addresses have 32 bits.
  for (const size of [2 ** 30 + 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 13, 9_999_999_999]) {
    const header = new TextEncoder().encode(String(size).padEnd(10));
    assert.deepEqual(parseFrameHeader(header, PEER_MESSAGE_BYTES_MAX), {
      ok: false,
      fault: { code: 'frame-too-large', sizeBytes: size, limitBytes: PEER_MESSAGE_BYTES_MAX },
    });
    assert.deepEqual(encodeFrameHeader(size), header, 'and is written as what it is');
  }
  // Where so much is allowed, what comes takes memory, not what was announced.
  const before = heldMemory().arrayBuffers;
  const readers = Array.from({ length: 20 }, () => new FrameReader(9_999_999_999));
  for (const reader of readers) assert.deepEqual([...reader.push(new TextEncoder().encode('4294967309begins'))], []);
  assert.ok(heldMemory().arrayBuffers - before < 1_000_000);
});

test('etcd 14370: one node alone loses nothing that it has acknowledged, whatever it had still to write when it stopped', async () => {
  // There a single member acknowledged a write that was not yet in its log, and lost it with the power.
  const lone = await LoneMachine.start();
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"kept"')] });
  assert.equal(lone.answerTo(1), undefined, 'nothing is acknowledged before it is stored');
  await lone.settle();
  assert.equal(lone.answerTo(1)?.type, 'entries-pending');

  const folder = newFolder();
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  const chain = buildChain(TEST_PARAMS, GENESIS, 3, (height) => bodyOf(`${height}`));
  await store.commit({ ...growth(chain), pendingAdded: [pendingEntry('"kept"')] });
  const before = await stateOf(store);
  // As the files are at this moment: nothing was closed, and nothing was moved from the log into the file.
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const again = await openSqliteStore({ folder: copy, params: TEST_PARAMS });
  assert.deepEqual(withoutPlaces(await stateOf(again)), withoutPlaces(before));
  await again.close();
  await store.close();
});

test('etcd 17780: a store that stops in the middle of being compacted never goes back', async () => {
  // There the revision was lower after a crash in a compaction than what had been told before it.
  const folder = newFolder();
  const chain = buildChain(TEST_PARAMS, GENESIS, 40, (height) => bodyOf(`"${height} ${'x'.repeat(2_000)}"`));
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  await store.commit(growth(chain));
  const before = withoutPlaces(await stateOf(store));
  await store.close();
  const database = openDatabase({ folder, params: TEST_PARAMS, create: false });
  database.exec('VACUUM');
  const logBytes = statSync(join(folder, 'chain.sqlite-wal')).size;
  assert.ok(logBytes > 80_000, 'the new form is in the log, and not yet in the file');
  const cuts = Array.from({ length: 12 }, (_, i) => Math.floor((logBytes * i) / 11));
  const copies = cuts.map((cut) => {
    const copy = newFolder();
    cpSync(folder, copy, { recursive: true });
    truncateSync(join(copy, 'chain.sqlite-wal'), cut);
    return copy;
  });
  database.close();
  for (const [i, copy] of copies.entries()) {
    const opened = await openSqliteStore({ folder: copy, params: TEST_PARAMS });
    assert.deepEqual(withoutPlaces(await stateOf(opened)), before, `with ${cuts[i]} of ${logBytes} bytes of the log`);
    await opened.close();
  }
});

test('fsync failures (PostgreSQL, 2018): after the disk has failed once nothing is acknowledged until the store is opened anew', {
  skip: process.platform !== 'linux' && 'takes the file away through /proc/self/fd',
}, async () => {
  // There a failed fsync was tried again and succeeded, though the pages it was about had been thrown away.
  const folder = newFolder();
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  const chain = buildChain(TEST_PARAMS, GENESIS, 1, () => bodyOf('1'));
  await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"before"')] });
  const mend = breakLog(folder);
  await assert.rejects(store.commit(growth(chain)), { code: 'store-io' });
  mend();
  await assert.rejects(store.commit(growth(chain)), { code: 'store-io' }, 'also when the disk works again');
  await store.close();
  const again = await openSqliteStore({ folder, params: TEST_PARAMS });
  assert.equal((await again.chainJson()).length, 1);
  assert.equal((await again.pending(ALL_PENDING)).entries.length, 1);
  await again.commit(growth(chain));
  assert.equal((await again.chainJson()).length, 2);
  await again.close();
});

test('low-order Ed25519 keys: a signature that fits any message is nobody’s, and such a key is no author', () => {
  // There whoever named such a key had "signed" everything, in libraries that check the equation and nothing else.
  const publicKey = Uint8Array.of(1, ...new Uint8Array(31));
  const signature = Uint8Array.of(...publicKey, ...new Uint8Array(32));
  for (const text of ['one', 'another']) {
    const message = new TextEncoder().encode(text);
    assert.ok(ed25519.verify(signature, message, publicKey, { zip215: true }), 'the equation holds');
    assert.equal(verifyEd25519({ publicKey, message, signature }), false);
  }
  assert.equal(parseDid(`did:key:z${encodeBase58(Uint8Array.of(0xed, 0x01, ...publicKey))}`), undefined);
});

/** A body of exactly `bytesMax` bytes, of entries as large as they may be. */
function fullBody(label: string, bytesMax: number, entryBytesMax: number): ReturnType<typeof bodyOf> {
  const entries: string[] = [];
  // Two brackets around all, and a comma behind each but the last.
  for (let left = bytesMax - 1; left > 0; ) {
    const sizeBytes = Math.min(entryBytesMax, left - 1);
    const rest = left - sizeBytes - 1;
    // What is left for the last one must be a text at least.
    const taken = rest > 0 && rest < 40 ? sizeBytes - 40 : sizeBytes;
    const text = `${label} ${entries.length} `;
    entries.push(`"${text}${'y'.repeat(taken - 2 - text.length)}"`);
    left -= taken + 1;
  }
  const body = bodyOf(...entries);
  assert.equal(body.bytes.length, bytesMax);
  return body;
}

/** The id that has `number` in it. */
function numbered(number: number): Hash {
  return number.toString(16).padStart(64, '0') as Hash;
}

function idsOf(block: Block) {
  return { type: 'block-ids', hash: block.hash, shape: 'array', ids: entryIds(block.body) } as const;
}

function entriesAt(block: Block, ...indexes: readonly number[]) {
  const { spans, bytes } = block.body;
  const entries = indexes.map((index) => bytes.subarray(spans[2 * index], spans[2 * index + 1]));
  return { type: 'block-entries', hash: block.hash, arrayBytes: joinEntries(entries) } as const;
}

/** Where entries stand is indexed behind the tip, in its own time. */
function withoutPlaces(state: unknown): unknown {
  return { ...(state as Record<string, unknown>), places: undefined };
}
