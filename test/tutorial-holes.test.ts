/**
 * Holes that blockchains written to teach often have. Each test forges what such a chain would take, with nothing else
 * wrong, and sees the rules refuse it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '#host';
import { assertPresent } from '../src/core/assert.ts';
import type { Block } from '../src/core/block.ts';
import { encodeBlockJson, parseBlockJson } from '../src/core/block-json.ts';
import { hashToNumber } from '../src/core/hash.ts';
import { type Header, NONCE_MAX } from '../src/core/header.ts';
import { DEFAULT_PARAMS } from '../src/core/params.ts';
import { bitsToTarget } from '../src/core/target.ts';
import {
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateBody,
  validateHeader,
} from '../src/core/validation.ts';
import { bodyOf, buildBlock, singleBody, TEST_PARAMS } from './support/chain-fixture.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const { block: HONEST } = buildBlock(TEST_PARAMS, GENESIS, bodyOf('{"amount":10,"to":"alice"}'));

test('contents that the hash does not cover do not exist: changed data under the same hash is refused', () => {
  const forgedBytes = encodeUtf8('[{"amount":99,"to":"alice"}]');
  const forged = validateBody(HONEST, forgedBytes, TEST_PARAMS);
  assert.deepEqual(forged, { ok: false, fault: { code: 'data-root-wrong', dataRoot: HONEST.header.dataRoot } });
});

test('how the data reads is covered by the hash as well: the value is not the array of it', () => {
  const { block } = buildBlock(TEST_PARAMS, GENESIS, singleBody('"x"'));
  assert.ok(validateBody(block, encodeUtf8('"x"'), TEST_PARAMS).ok);
  assert.equal(faultOf(validateBody(block, encodeUtf8('["x"]'), TEST_PARAMS)), 'data-root-wrong');
});

test('there is no field that can be changed while the hash stays: the JSON form is refused', () => {
  const changes: Readonly<Record<string, Partial<Header>>> = {
    index: { height: HONEST.header.height + 1 },
    nonce: { nonce: HONEST.header.nonce + 1 },
    timestamp: { timestamp: HONEST.header.timestamp + 1 },
    prev_hash: { previousHash: HONEST.hash },
    history_root: { historyRoot: HONEST.hash },
    data_root: { dataRoot: HONEST.hash },
    bits: { bits: 0x1f00ffff },
  };
  for (const [field, change] of Object.entries(changes)) {
    const forged: Block = { ...HONEST, header: { ...HONEST.header, ...change } };
    const claimed = parseBlockJson(decodeUtf8(encodeBlockJson(forged)) ?? '', TEST_PARAMS);
    assert.equal(faultOf(claimed), 'block-hash-wrong', field);
  }
});

test('a failed proof of work is not only reported: the header is refused', () => {
  const header = createCandidateHeader({
    parent: genesisPoint(DEFAULT_PARAMS),
    dataRoot: HONEST.header.dataRoot,
    clockSeconds: HONEST.header.timestamp,
    params: DEFAULT_PARAMS,
  });
  const target = assertPresent(bitsToTarget(header.bits), 'the required bits are a target');
  const untried = hashedHeader({ ...header, nonce: NONCE_MAX });
  assert.ok(hashToNumber(untried.hash) > target, 'the nonce of the test meets no target');
  const judged = validateHeader(untried, genesisPoint(DEFAULT_PARAMS), DEFAULT_PARAMS);
  assert.deepEqual(judged, { ok: false, fault: { code: 'work-too-low', hash: untried.hash, bits: header.bits } });
});

test("a block's own difficulty is not believed: work that meets easier bits than required is refused", () => {
  // The parent is hard, so the rule asks for less than the easiest target; the forger says the easiest and meets it.
  const hardParent = {
    ...GENESIS,
    header: { ...GENESIS.header, bits: 0x1f00ffff },
    parentTimestamp: GENESIS.header.timestamp,
  };
  const honest = createCandidateHeader({
    parent: hardParent,
    dataRoot: HONEST.header.dataRoot,
    clockSeconds: HONEST.header.timestamp,
    params: TEST_PARAMS,
  });
  const forged = mine({ ...honest, bits: TEST_PARAMS.targetLimit });
  const judged = validateHeader(forged, hardParent, TEST_PARAMS);
  const fault = { code: 'bits-wrong', expected: honest.bits, bits: TEST_PARAMS.targetLimit };
  assert.deepEqual(judged, { ok: false, fault });
  assert.ok(honest.bits < TEST_PARAMS.targetLimit, 'the required target is the harder one');
});

/** `header` with a nonce that meets the bits it states. */
function mine(header: Header): ReturnType<typeof hashedHeader> {
  const target = assertPresent(bitsToTarget(header.bits), 'the stated bits are a target');
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...header, nonce });
    if (hashToNumber(hashed.hash) <= target) return hashed;
  }
}

function faultOf(
  result: { readonly ok: true } | { readonly ok: false; readonly fault: { readonly code: string } },
): string {
  return result.ok ? 'accepted' : result.fault.code;
}
