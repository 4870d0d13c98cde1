/** Bodies and the JSON form of blocks, against the judge that was written from the specification alone. */
import assert from 'node:assert/strict';
import { encodeBlockJson, parseBlockJson } from '../../../src/core/block-json.ts';
import {
  type BodyLimits,
  bodyFromEntries,
  dataRoot,
  entryBytes,
  entryCount,
  entryIds,
  parseBody,
} from '../../../src/core/body.ts';
import { createGenesis } from '../../../src/core/genesis.ts';
import { parseHeader } from '../../../src/core/header.ts';
import { DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { genesisPoint, validateBody } from '../../../src/core/validation.ts';
import { readData } from '../../../src/simulator/second-implementation/data.ts';
import { headerHash, headerHex } from '../../../src/simulator/second-implementation/header.ts';
import { dataRootOfIds } from '../../../src/simulator/second-implementation/trees.ts';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, jsonOf, textOf } from '../target.ts';
import { JSON_SEEDS } from './canonical-json.ts';

export const BODY: FuzzTarget = {
  name: 'body',
  claim: 'a body is taken where the second implementation takes it, with the same entries and the same data root',
  words: JSON_WORDS,
  sizeMax: 2_000,
  weight: 3,
  seeds: () => ['{}', '[]', '[1,2,3]', '"x"', '[[],{},[[]]]', ...JSON_SEEDS].map(bytesOf),
  check(input) {
    const body = parseBody(input, LIMITS);
    const data = readData(input, {
      bodyBytes: LIMITS.bodyBytesMax,
      entries: LIMITS.entriesMax,
      entryBytes: LIMITS.entryBytesMax,
      depth: LIMITS.depthMax,
    });
    assert.equal(
      body.ok,
      typeof data !== 'string',
      body.ok ? `refused there: ${data}` : `refused here: ${body.fault.code}`,
    );
    if (!body.ok || typeof data === 'string') return;
    const texts = data.texts.map((_, i) => Buffer.from(entryBytes(body.value, i)).toString());
    assert.deepEqual(texts, data.texts, 'the entries are cut alike');
    assert.deepEqual(entryIds(body.value), data.ids, 'their ids are the same');
    assert.equal(entryCount(body.value), data.texts.length, 'there are as many');
    const root = dataRoot(body.value.shape, entryIds(body.value));
    assert.equal(root, dataRootOfIds(data.shape, data.ids), 'the data roots are the same');
    const again = bodyFromEntries(texts.map(bytesOf));
    if (body.value.shape === 'array')
      assert.deepEqual(again.bytes, Uint8Array.from(input), 'the entries make up the body');
  },
};

export const BLOCK_JSON: FuzzTarget = {
  name: 'block-json',
  claim:
    'a block that is taken from JSON says the same in bytes and in canonical JSON, and has the hash that anybody computes',
  words: [
    ...JSON_WORDS,
    ...['"index":0', '"index":1', '"prev_hash":"0000"', '"nonce":9007199254740991', '01/01/1970, 00:00:00'],
    ...['29/02/2024, 23:59:59', '"bits":"207fffff"', '\\u0069ndex', '0'.repeat(64)],
  ],
  sizeMax: 4_000,
  weight: 3,
  seeds: () => [createGenesis(TEST_PARAMS), ...EXAMPLES.blocks].map(encodeBlockJson),
  check(input) {
    const text = textOf(input);
    if (text === undefined) return;
    const result = parseBlockJson(text, { depthMax: LIMITS.depthMax });
    if (!result.ok) return;
    const { header, bytes, hash, bodyBytes } = result.value;
    const fields = jsonOf(text) as Parameters<typeof headerHex>[0];
    assert.equal(Buffer.from(bytes).toString('hex'), headerHex(fields), 'the header is what its fields say');
    assert.equal(hash, headerHash(fields), 'the hash is that of the header');
    assert.deepEqual(parseHeader(bytes), { ok: true, value: header }, 'the bytes spell the header');
    const written = encodeBlockJson({ hash, header, body: { bytes: bodyBytes } });
    assert.deepEqual(jsonOf(textOf(written)), fields, 'it is written as it was read');
    const again = parseBlockJson(Buffer.from(written).toString(), { depthMax: LIMITS.depthMax });
    assert.ok(again.ok && again.value.hash === hash, 'and read as it was written');
    assert.ok(Buffer.compare(again.value.bodyBytes, bodyBytes) === 0, 'with the same data');
    const block = validateBody(result.value, bodyBytes, TEST_PARAMS);
    if (block.ok)
      assert.equal(block.value.header.dataRoot, header.dataRoot, 'a body that is taken belongs to the header');
  },
};

const LIMITS: BodyLimits = { ...DEFAULT_PARAMS, depthMax: 3, entriesMax: 8, entryBytesMax: 120, bodyBytesMax: 600 };

const EXAMPLES = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, (height) =>
  height === 2 ? singleBody('{"single":true}') : bodyOf(`{"height":${height}}`, '"é"', '[]'),
);
