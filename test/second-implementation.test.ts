/** That the plain implementation, written from `docs/spec` alone, and `src/core` agree. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesToHex, decodeUtf8, encodeUtf8 } from '#host';
import { createBlock } from '../src/core/block.ts';
import { encodeBlockJson } from '../src/core/block-json.ts';
import { type Body, dataRoot, entryIds, parseBody } from '../src/core/body.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { createGenesis } from '../src/core/genesis.ts';
import type { Hash } from '../src/core/hash.ts';
import { encodeHeader, hashHeader, NONCE_MAX } from '../src/core/header.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf, historyRoot } from '../src/core/history.ts';
import { createParams, DEFAULT_PARAMS, encodeParams, type NetworkParams, paramsHash } from '../src/core/params.ts';
import { bitsToTarget, targetToBits, targetToWork } from '../src/core/target.ts';
import { formatTimestamp } from '../src/core/timestamp.ts';
import { genesisPoint, requiredBits } from '../src/core/validation.ts';
import { paramsDocument } from '../src/simulator/params-document.ts';
import { plainText } from '../src/simulator/second-implementation/data.ts';
import { compact, expand, nextBits, work } from '../src/simulator/second-implementation/difficulty.ts';
import { type HeaderFields, headerHash, headerHex, secondsOf } from '../src/simulator/second-implementation/header.ts';
import {
  canonicalParams,
  difficultyRules,
  genesisHash,
  paramsHash as plainParamsHash,
} from '../src/simulator/second-implementation/params.ts';
import {
  dataRoot as plainDataRoot,
  historyRoot as plainHistoryRoot,
} from '../src/simulator/second-implementation/trees.ts';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from './support/chain-fixture.ts';
import { makeHome, TestNode } from './support/test-node.ts';

const SEED = 20_261_122;

test('the plain implementation shares no line with the first: it imports only itself and SHA-256', () => {
  const folder = new URL('../src/simulator/second-implementation/', import.meta.url);
  for (const name of readdirSync(folder).filter((one) => !one.endsWith('.test.ts'))) {
    const imports = readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g);
    for (const [, path = ''] of imports) assert.match(path, /^(\.\/[a-z]+\.ts|node:crypto)$/, name);
  }
});

test('both compute the same hashes, roots, bits and work over a chain, from its JSON form alone', () => {
  const genesis = genesisPoint(TEST_PARAMS);
  const chain = buildChain(TEST_PARAMS, genesis, 70, (height) => bodyAt(height));
  const blocks = [createGenesis(TEST_PARAMS), ...chain.blocks];
  const works = checkPlainly(
    blocks.map((block) => JSON.parse(decodeUtf8(encodeBlockJson(block)) ?? '')),
    TEST_PARAMS,
  );
  assert.deepEqual(
    works,
    [genesis, ...chain.points].map((point) => point.work),
  );
});

test('the plain implementation finds nothing wrong with a chain that a node of the default network has mined', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), params: DEFAULT_PARAMS });
  await node.mine('{"from":"alice","to":"bob","amount":113}');
  await node.mine('[{"n":1},{"n":2},{"é":"€"}]');
  await node.mine('[]');
  const chain: ChainBlock[] = JSON.parse(await node.client.send('GET CHAIN'));
  assert.equal(chain.length, 4);
  const works = checkPlainly(chain, DEFAULT_PARAMS);
  assert.equal(works.at(-1)?.toString(), (await node.status()).tip.work);
});

test('both name the same genesis for the default network, and for any parameters', () => {
  const defaultTime = formatTimestamp(DEFAULT_PARAMS.genesisTime);
  assert.equal(genesisHash(paramsDocument(DEFAULT_PARAMS), defaultTime), createGenesis(DEFAULT_PARAMS).hash);
  const arbitraryParams = fc.record({
    name: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    genesisTime: fc.nat(2 ** 32 - 1),
    blockInterval: fc.integer({ min: 1, max: 100_000 }),
    targetLimit: fc.constantFrom(0x207fffff, 0x1f00ffff, 0x1d00ffff),
    entriesMax: fc.integer({ min: 1, max: 4_096 }),
  });
  check(
    fc.property(arbitraryParams, (overrides) => {
      const params = createParams(overrides);
      const document = paramsDocument(params);
      assert.equal(canonicalParams(document), encodeParams(params));
      assert.equal(plainParamsHash(document), paramsHash(params));
      assert.equal(genesisHash(document, formatTimestamp(params.genesisTime)), createGenesis(params).hash);
    }),
  );
});

test('both give any header the same bytes and hash', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytesToHex(bytes) as Hash);
  const arbitraryHeader = fc.record({
    height: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    previousHash: hash,
    historyRoot: hash,
    dataRoot: hash,
    timestamp: fc.nat(2 ** 32 - 1),
    bits: fc.nat(2 ** 32 - 1),
    nonce: fc.nat(NONCE_MAX),
  });
  check(
    fc.property(arbitraryHeader, (header) => {
      const body: Body = singleBody('null');
      const fields: HeaderFields = JSON.parse(decodeUtf8(encodeBlockJson(createBlock(header, body))) ?? '');
      const bytes = encodeHeader(header);
      assert.equal(headerHex(fields), bytesToHex(bytes));
      assert.equal(headerHash(fields), hashHeader(bytes));
    }),
  );
});

test('both give any data the same data root, whatever its shape', () => {
  const data = fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue(), { maxLength: 40 }));
  check(
    fc.property(data, (value) => {
      const canonical = canonicalize(JSON.stringify(value), DEFAULT_PARAMS);
      fc.pre(canonical.ok);
      const body = parseBody(encodeUtf8(canonical.value), DEFAULT_PARAMS);
      assert.ok(body.ok);
      const entries = entryTexts(JSON.parse(canonical.value));
      assert.equal(plainDataRoot(entries.shape, entries.texts), dataRoot(body.value.shape, entryIds(body.value)));
    }),
  );
});

test('both give any history the same root', () => {
  const header = fc.uint8Array({ minLength: 118, maxLength: 118 });
  const histories = fc.array(fc.tuple(header, fc.bigInt(0n, 2n ** 256n - 1n)), { minLength: 1, maxLength: 70 });
  check(
    fc.property(histories, (leaves) => {
      let frontier = EMPTY_FRONTIER;
      for (const [bytes, total] of leaves) frontier = appendLeaf(frontier, historyLeaf(bytes, total)).frontier;
      const plain = plainHistoryRoot(leaves.map(([bytes, total]) => ({ hex: bytesToHex(bytes), work: total })));
      assert.equal(historyRoot(frontier), plain);
    }),
  );
});

test('both expand, refuse and weigh all bits alike', () => {
  const bits = fc.oneof(
    fc.nat(2 ** 32 - 1),
    fc.tuple(fc.nat(36), fc.nat(2 ** 24 - 1)).map(([length, mantissa]) => length * 2 ** 24 + mantissa),
  );
  check(
    fc.property(bits, (value) => {
      const target = bitsToTarget(value);
      assert.equal(target, expand(BigInt(value)));
      if (target !== undefined) assert.equal(targetToWork(target), work(target));
    }),
  );
});

test('both round any target to the same bits', () => {
  const target = fc.tuple(fc.bigInt(1n, 2n ** 256n - 1n), fc.nat(255)).map(([value, shift]) => value >> BigInt(shift));
  check(
    fc.property(target, (value) => {
      fc.pre(value > 0n);
      assert.equal(BigInt(targetToBits(value)), compact(value));
    }),
  );
});

test('both follow any sequence of times to the same bits, over 500 blocks', () => {
  // From hardly any time to hours, so that the difficulty climbs, hovers and falls.
  const pauses = fc
    .constantFrom(0, 2, 15, 22, 1_000, 100_000)
    .chain((max) => fc.array(fc.nat(max), { minLength: 500, maxLength: 500 }));
  const networks = fc.constantFrom(
    DEFAULT_PARAMS,
    TEST_PARAMS,
    createParams({ name: 'slow', blockInterval: 600, halfLife: 172_800 }),
    createParams({ name: 'jumpy', blockInterval: 1, halfLife: 1, solveTimeMax: 40 }),
  );
  const sequences = fc.property(networks, pauses, (params, sequence) => {
    const chain = [{ bits: BigInt(params.initialBits), time: BigInt(params.genesisTime) }];
    let point = genesisPoint(params);
    for (const pause of sequence) {
      const bits = requiredBits(point, params);
      assert.equal(BigInt(bits), nextBits(chain, difficultyRules(paramsDocument(params))));
      const timestamp = point.header.timestamp + pause;
      const parentTimestamp = point.header.timestamp;
      point = {
        ...point,
        header: { ...point.header, height: point.header.height + 1, bits, timestamp },
        parentTimestamp,
      };
      chain.push({ bits: BigInt(bits), time: BigInt(timestamp) });
    }
  });
  fc.assert(sequences, { seed: SEED, numRuns: 30 });
});

interface ChainBlock extends HeaderFields {
  readonly hash: string;
  readonly data: unknown;
}

/** Checks every rule of the headers and data of a chain, and gives the work up to each block. */
function checkPlainly(chain: readonly ChainBlock[], params: NetworkParams): bigint[] {
  const history: { hex: string; work: bigint }[] = [];
  const times: { bits: bigint; time: bigint }[] = [];
  const works: bigint[] = [];
  for (const [height, block] of chain.entries()) {
    assert.equal(block.index, height);
    assert.equal(headerHash(block), block.hash);
    const entries = entryTexts(block.data);
    assert.equal(plainDataRoot(height === 0 ? 0 : entries.shape, height === 0 ? [] : entries.texts), block.data_root);
    if (height > 0) {
      assert.equal(plainHistoryRoot(history), block.history_root);
      assert.equal(block.prev_hash, chain[height - 1]?.hash);
    }
    const bits = BigInt(`0x${block.bits}`);
    assert.equal(nextBits(times, difficultyRules(paramsDocument(params))), bits);
    const target = expand(bits) ?? 0n;
    assert.ok(height === 0 || BigInt(`0x${block.hash}`) <= target);
    works.push((works.at(-1) ?? 0n) + work(target));
    history.push({ hex: headerHex(block), work: works.at(-1) ?? 0n });
    times.push({ bits, time: secondsOf(block.timestamp) });
  }
  return works;
}

/** The shape of `data` and its entries as RFC 8785 spells them, by the plainest means. */
function entryTexts(data: unknown): { readonly shape: 1 | 2; readonly texts: readonly string[] } {
  return Array.isArray(data) ? { shape: 2, texts: data.map(plainText) } : { shape: 1, texts: [plainText(data)] };
}

function bodyAt(height: number): Body {
  if (height % 3 === 0) return singleBody(`{"height":${height}}`);
  return bodyOf(...Array.from({ length: height % 9 }, (_, i) => `{"height":${height},"i":${i},"é":"€"}`));
}

function check<Values>(property: fc.IProperty<Values>): void {
  fc.assert(property, { seed: SEED, numRuns: 300 });
}
