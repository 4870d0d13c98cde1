/** That the slow judge and `src/core` give the same verdict on any header and any body. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildBlock, buildChain, singleBody, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import type { Block } from '../../core/block.ts';
import { parseBody } from '../../core/body.ts';
import { createGenesis } from '../../core/genesis.ts';
import { type Hash, hashToNumber } from '../../core/hash.ts';
import { encodeHeader, type Header, parseHeader } from '../../core/header.ts';
import { bitsToTarget } from '../../core/target.ts';
import { genesisPoint, type HashedHeader, hashedHeader, validateHeader } from '../../core/validation.ts';
import { paramsDocument } from '../params-document.ts';
import { ChainJudge } from './judge.ts';

const SEED = 20_261_122;
const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 70, (height) =>
  height % 3 === 0
    ? singleBody(`{"height":${height}}`)
    : bodyOf(...Array.from({ length: height % 9 }, (_, i) => `"${i}"`)),
);

test('a chain that follows the rules is found valid, header by header and body by body, with the work that core counts', () => {
  const judge = judgeOf(CHAIN.blocks);
  assert.equal(judge.genesis.hash, createGenesis(TEST_PARAMS).hash);
  for (const [i, block] of CHAIN.blocks.entries()) {
    const judged = judge.find(block.hash);
    assert.ok(judged);
    assert.equal(judged.work, CHAIN.points[i]?.work);
    assert.notEqual(typeof judge.body(judged, block.body.bytes), 'string');
  }
});

test('both name the same rule for a header with any fault, on any parent', () => {
  const judge = judgeOf(CHAIN.blocks);
  const hash = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex') as Hash);
  const change: fc.Arbitrary<Partial<Header>> = fc.oneof(
    fc.record({ height: fc.nat(2 ** 32 - 1) }),
    fc.record({ previousHash: hash }),
    fc.record({ historyRoot: hash }),
    fc.record({ dataRoot: hash }),
    fc.record({ timestamp: fc.nat(2 ** 32 - 1) }),
    fc.record({ bits: fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(0x207ffffe, 0x1f00ffff)) }),
    fc.constant({}),
  );
  const seen = new Set<string>();
  const property = fc.property(fc.nat(69), change, fc.boolean(), (at, changed, isMined) => {
    const block = CHAIN.blocks[at];
    assert.ok(block);
    const header = { ...block.header, ...changed, nonce: 0 };
    const tried = isMined ? meetingLimit(header) : hashedHeader(header);
    const parent = [GENESIS, ...CHAIN.points].find((point) => point.hash === header.previousHash);
    const verdict = judge.header(Buffer.from(tried.bytes).toString('hex'));
    const plain = typeof verdict === 'string' ? verdict : verdict.work;
    const core = parent === undefined ? undefined : validateHeader(tried, parent, TEST_PARAMS);
    const expected = core === undefined ? 'parent-unknown' : core.ok ? core.value.work : core.fault.code;
    assert.equal(plain, expected);
    seen.add(typeof expected === 'string' ? expected : 'valid');
  });
  fc.assert(property, { seed: SEED, numRuns: 1_000 });
  const rules = ['bits-wrong', 'height-wrong', 'history-root-wrong', 'parent-unknown', 'timestamp-before-parent'];
  assert.deepEqual([...seen].toSorted(), [...rules, 'valid', 'work-too-low']);
});

test('118 bytes that spell no header are refused by both', () => {
  const bytes = encodeHeader(createGenesis(TEST_PARAMS).header);
  const judge = judgeOf([]);
  for (const [offset, value] of [
    [0, 0],
    [1, 2],
    [110, 0x80],
    [111, 0x20],
  ] as const) {
    const changed = Uint8Array.from(bytes);
    changed[offset] = value;
    assert.equal(parseHeader(changed).ok, false);
    assert.equal(judge.header(Buffer.from(changed).toString('hex')), 'header-malformed');
  }
});

test('both accept and refuse the same bytes as a body', () => {
  const pieces = fc.constantFrom(
    ...['[', ']', '{', '}', ',', ':', '"a"', '"b"', '"\\u001f"', '"\\ud800"', '"é€𝄞"', '"__proto__"', ' ', '\ufeff'],
    ...['0', '-0', '1', '1e2', '1e21', '1e+21', '1e400', '9007199254740991', '9007199254740992', '0.1', 'true', 'null'],
  );
  const token = fc.array(pieces, { maxLength: 8 }).map((parts) => Buffer.from(parts.join(''), 'utf8'));
  const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value), 'utf8'));
  const nested = fc.nat(40).map((depth) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`, 'utf8'));
  const noise = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
  let valid = 0;
  const judge = judgeOf([]);
  const property = fc.property(fc.oneof(token, json, nested, noise), (bytes) => {
    const body = parseBody(bytes, TEST_PARAMS);
    const { header } = buildBlock(TEST_PARAMS, GENESIS, body.ok ? body.value : bodyOf('"other"')).block;
    const judged = judge.header(Buffer.from(encodeHeader(header)).toString('hex'));
    assert.ok(typeof judged !== 'string');
    const verdict = judge.body(judged, bytes);
    assert.equal(typeof verdict !== 'string', body.ok, `${bytes.toString()}: ${String(verdict)}`);
    if (body.ok) valid++;
  });
  fc.assert(property, { seed: SEED, numRuns: 3_000 });
  assert.ok(valid > 300, `${valid} were bodies`);
});

test('a body as deep as its bytes allow is refused, and the judge stays on its feet', () => {
  const judge = judgeOf(CHAIN.blocks);
  const judged = judge.find(CHAIN.blocks[0]?.hash ?? '');
  assert.ok(judged);
  const verdict = judge.body(judged, Buffer.from(`${'['.repeat(500_000)}${']'.repeat(500_000)}`));
  assert.ok(['json-depth', 'data-not-json'].includes(String(verdict)));
});

function judgeOf(blocks: readonly Block[]): ChainJudge {
  const judge = new ChainJudge(paramsDocument(TEST_PARAMS));
  for (const { header } of blocks) judge.header(Buffer.from(encodeHeader(header)).toString('hex'));
  return judge;
}

/** With a nonce by which the hash meets the easiest target. */
function meetingLimit(header: Header): HashedHeader {
  const target = bitsToTarget(TEST_PARAMS.targetLimit) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...header, nonce });
    if (hashToNumber(hashed.hash) <= target) return hashed;
  }
}
