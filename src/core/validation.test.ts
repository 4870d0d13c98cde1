import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildBlock, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import type { Block } from './block.ts';
import { type Body, dataRoot, entryIds, GENESIS_BODY } from './body.ts';
import { createGenesis } from './genesis.ts';
import { hashBytes, hashToNumber, ZERO_HASH } from './hash.ts';
import type { Header } from './header.ts';
import { createParams, type NetworkParams, paramsHash } from './params.ts';
import { bitsToTarget, targetToBits } from './target.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  type HashedHeader,
  hashedHeader,
  isAheadOfClock,
  requiredBits,
  validateBody,
  validateHeader,
} from './validation.ts';

const rootOf = (body: Body) => dataRoot(body.shape, entryIds(body));
const OTHER_HASH = hashBytes(Buffer.from('other'));

/** A place far enough up that every rule has something to say. */
function tipOf(params: NetworkParams, height = 5): ChainPoint {
  const { points } = buildChain(params, genesisPoint(params), height, (at) => bodyOf(String(at)));
  const tip = points.at(-1);
  assert.ok(tip !== undefined);
  return tip;
}

const TIP = tipOf(TEST_PARAMS);
const BLOCK = buildBlock(TEST_PARAMS, TIP, bodyOf('"next"')).block;

/** The valid block's header with `change`, and a nonce with which it meets the target of the bits it should have. */
function changed(change: Partial<Header>, meets = true): HashedHeader {
  const target = bitsToTarget(requiredBits(TIP, TEST_PARAMS)) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const candidate = hashedHeader({ ...BLOCK.header, ...change, nonce });
    if (hashToNumber(candidate.hash) <= target === meets) return candidate;
  }
}

function codeOf(candidate: HashedHeader, parent = TIP): string {
  const next = validateHeader(candidate, parent, TEST_PARAMS);
  return next.ok ? 'valid' : next.fault.code;
}

describe('headers', () => {
  test('the next header of a chain is valid, and makes the place after it', () => {
    const next = validateHeader(hashedHeader(BLOCK.header), TIP, TEST_PARAMS);
    assert.ok(next.ok);
    assert.deepEqual([next.value.hash, next.value.header], [BLOCK.hash, BLOCK.header]);
    assert.equal(next.value.parentTimestamp, TIP.header.timestamp);
    assert.equal(next.value.work, TIP.work + 2n ** 256n / ((bitsToTarget(BLOCK.header.bits) ?? 0n) + 1n));
    assert.equal(next.value.history.count, TIP.history.count + 1);
  });

  /** In the order of docs/spec/validation.md: what breaks the rule, and the facts of the fault. */
  const { header } = BLOCK;
  const RULES: readonly (readonly [rule: string, change: Partial<Header>, meets: boolean, fault: object])[] = [
    ['V1', { previousHash: OTHER_HASH }, true, { code: 'parent-unknown', parent: OTHER_HASH }],
    ['V2', { height: 7 }, true, { code: 'height-wrong', expected: 6, height: 7 }],
    [
      'V3',
      { timestamp: TIP.header.timestamp - 1 },
      true,
      {
        code: 'timestamp-before-parent',
        parentTimestamp: TIP.header.timestamp,
        timestamp: TIP.header.timestamp - 1,
      },
    ],
    ['V4', { bits: header.bits - 1 }, true, { code: 'bits-wrong', expected: header.bits, bits: header.bits - 1 }],
    ['V5', {}, false, { code: 'work-too-low', hash: changed({}, false).hash, bits: header.bits }],
    [
      'V6',
      { historyRoot: OTHER_HASH },
      true,
      { code: 'history-root-wrong', expected: header.historyRoot, historyRoot: OTHER_HASH },
    ],
  ];
  for (const [rule, change, meets, fault] of RULES) {
    test(`a header that breaks ${rule} alone is refused for that`, () => {
      assert.deepEqual(validateHeader(changed(change, meets), TIP, TEST_PARAMS), { ok: false, fault });
    });
  }

  for (const [i, [rule, , , fault]] of RULES.entries()) {
    test(`a header that breaks ${rule} and all rules after it is refused for ${rule}`, () => {
      const rest = RULES.slice(i);
      const change = Object.assign({}, ...rest.map(([, part]) => part)) as Partial<Header>;
      const candidate = changed(
        change,
        rest.every(([, , meets]) => meets),
      );
      assert.equal(codeOf(candidate), (fault as { code: string }).code);
    });
  }

  test('heights on either side of the right one are refused', () => {
    for (const height of [0, 5, 7, 2 ** 32 - 1]) assert.equal(codeOf(changed({ height })), 'height-wrong');
  });

  test("a time equal to the parent's is fine, and so is any later one", () => {
    const { timestamp } = TIP.header;
    for (const time of [timestamp, timestamp + 1, 2 ** 32 - 1])
      assert.equal(codeOf(changed({ timestamp: time })), 'valid');
    for (const time of [timestamp - 1, 0])
      assert.equal(codeOf(changed({ timestamp: time })), 'timestamp-before-parent');
  });

  test('a harder target than asked for is refused as an easier one is', () => {
    for (const bits of [0x1f00ffff, header.bits - 1, header.bits + 1, 0]) {
      assert.equal(codeOf(changed({ bits })), 'bits-wrong');
    }
  });

  test('a genesis is no successor, not even of itself', () => {
    const genesis = hashedHeader(createGenesis(TEST_PARAMS).header);
    assert.equal(codeOf(genesis, genesisPoint(TEST_PARAMS)), 'parent-unknown');
    assert.equal(codeOf(changed({ previousHash: TIP.hash, height: 0 })), 'height-wrong');
  });

  test('the hash is judged that the 118 bytes have: at most the target, and the target itself will do', () => {
    const { hash } = BLOCK;
    const at = (number: bigint) => number.toString(16).padStart(64, '0') as Block['hash'];
    const target = bitsToTarget(header.bits) ?? 0n;
    const bytes = hashedHeader(header);
    assert.ok(validateHeader({ ...bytes, hash: at(target) }, TIP, TEST_PARAMS).ok);
    assert.ok(!validateHeader({ ...bytes, hash: at(target + 1n) }, TIP, TEST_PARAMS).ok);
    assert.equal(bytes.hash, hash);
  });
});

describe('bits', () => {
  const params = createParams({ name: 'test', targetLimit: 0x207fffff, initialBits: 0x2000ffff });
  const genesis = genesisPoint(params);
  const after = (parent: ChainPoint, seconds: number): ChainPoint => {
    const timestamp = parent.header.timestamp + seconds;
    const { header } = buildBlock(params, parent, bodyOf()).block;
    const target = bitsToTarget(header.bits) ?? 0n;
    for (let nonce = 0; ; nonce++) {
      const candidate = hashedHeader({ ...header, timestamp, nonce });
      if (hashToNumber(candidate.hash) > target) continue;
      const next = validateHeader(candidate, parent, params);
      assert.ok(next.ok);
      return next.value;
    }
  };

  test('the first block has the initial bits, however late it comes', () => {
    assert.equal(requiredBits(genesis, params), 0x2000ffff);
    const [first] = buildChain(params, genesis, 1, () => bodyOf()).blocks;
    assert.equal(first?.header.bits, 0x2000ffff);
  });

  test('the second follows from the time of the first, the third from the time between them', () => {
    const onTime = after(genesis, params.blockInterval);
    assert.equal(requiredBits(onTime, params), 0x2000ffff, 'on schedule nothing moves');
    const late = after(genesis, 2 * params.blockInterval);
    const early = after(genesis, 0);
    assert.ok(requiredBits(late, params) > 0x2000ffff);
    assert.ok(requiredBits(early, params) < 0x2000ffff);
    const third = after(late, params.blockInterval);
    assert.equal(third.header.bits, requiredBits(late, params));
    assert.equal(requiredBits(third, params), third.header.bits, 'only the time between the last two counts');
  });

  test('a half-life of lateness doubles the target', () => {
    const late = createParams({ ...params, solveTimeMax: 10_000 });
    const { header } = genesis;
    const point = { ...genesis, parentTimestamp: header.timestamp - params.blockInterval - params.halfLife };
    assert.equal(requiredBits(point, late), targetToBits(2n * (bitsToTarget(header.bits) ?? 0n)));
  });

  test('time beyond the cap counts no more', () => {
    const at = (seconds: number) =>
      requiredBits({ ...genesis, parentTimestamp: genesis.header.timestamp - seconds }, params);
    assert.equal(at(params.solveTimeMax + 1), at(params.solveTimeMax));
    assert.notEqual(at(params.solveTimeMax - 1), at(params.solveTimeMax));
  });

  test('the target is never easier than the limit', () => {
    const limited = createParams({ ...params, targetLimit: 0x2000ffff });
    const point = { ...genesis, parentTimestamp: genesis.header.timestamp - 300 };
    assert.equal(requiredBits(point, limited), 0x2000ffff);
  });
});

describe('bodies', () => {
  const judge = (block: { readonly header: Header; readonly hash: Block['hash'] }, text: string | Uint8Array) =>
    validateBody(block, Buffer.from(text), TEST_PARAMS);
  const code = (block: Block, text: string) => {
    const judged = judge(block, text);
    return judged.ok ? 'valid' : judged.fault.code;
  };

  test('the body that the header commits to makes the block', () => {
    const judged = judge(BLOCK, BLOCK.body.bytes);
    assert.ok(judged.ok);
    assert.equal(judged.value.hash, BLOCK.hash);
    assert.deepEqual(Buffer.from(judged.value.body.bytes).toString(), '["next"]');
  });

  const FAULTS: readonly (readonly [rule: string, text: string, code: string])[] = [
    ['V8', `"${'x'.repeat(2 ** 20)}"`, 'body-too-large'],
    ['V8 before V9', ' '.repeat(2 ** 20 + 1), 'body-too-large'],
    ['V9', '["next" ]', 'json-not-canonical'],
    ['V9', `[${Array(4097).fill('1').join(',')}]`, 'body-too-many-entries'],
    ['V9 before V10', `["${'x'.repeat(65_536)}",]`, 'json-syntax'],
    ['V10', `["${'x'.repeat(65_536)}"]`, 'entry-too-large'],
    ['V11', '["other"]', 'data-root-wrong'],
    ['V11', '"next"', 'data-root-wrong'],
    ['V11', '["next","next"]', 'data-root-wrong'],
    ['V11', '{}', 'data-root-wrong'],
    ['V11', '[]', 'data-root-wrong'],
  ];
  for (const [rule, text, fault] of FAULTS) {
    test(`${rule}: ${text.slice(0, 20).trim() || 'white space'} is refused, ${fault}`, () => {
      assert.equal(code(BLOCK, text), fault);
    });
  }

  test('V17: an entry that breaks a rule is named by its place, once the body is known to be that of the block', () => {
    const good = Buffer.from(signedEntry('{"a":1}', { params: TEST_PARAMS }).bytes).toString();
    const bad = good.replace('"a":1', '"a":2');
    const { block } = buildBlock(TEST_PARAMS, TIP, bodyOf('1', good, bad));
    assert.equal(code(block, `[1,${bad},${bad}]`), 'data-root-wrong');
    const fault = { code: 'proof-signature-wrong', author: ALICE.author, entry: 2 };
    assert.deepEqual(judge(block, block.body.bytes), { ok: false, fault });
    const right = buildBlock(TEST_PARAMS, TIP, bodyOf('1', good)).block;
    assert.ok(judge(right, right.body.bytes).ok);
  });

  test('V18: the signatures of entries that are known are not verified again', () => {
    const bad = Buffer.from(signedEntry('{"a":1}', { params: TEST_PARAMS }).bytes)
      .toString()
      .replace('"a":1', '"a":2');
    const { block } = buildBlock(TEST_PARAMS, TIP, bodyOf(bad));
    const { bytes } = block.body;
    assert.ok(validateBody(block, bytes, TEST_PARAMS, () => true).ok);
    assert.ok(!validateBody(block, bytes, TEST_PARAMS, () => false).ok);
  });

  test('V12: at height 0 the body is `{}` and nothing else', () => {
    const genesis = createGenesis(TEST_PARAMS);
    const judged = judge(genesis, '{}');
    assert.ok(judged.ok);
    assert.equal(judged.value.body, GENESIS_BODY);
    for (const text of ['{"x":1}', '[]', 'null', '[{}]', '{}{}', '{', '', '[}', '{]'])
      assert.notEqual(code(genesis, text), 'valid', text);
    assert.equal(code(genesis, '{"x":1}'), 'data-root-wrong');
  });

  test('a header at height 0 cannot commit to data', () => {
    const genesis = createGenesis(TEST_PARAMS);
    for (const body of [singleBody('{}'), singleBody('{"x":1}'), bodyOf()]) {
      const header = { ...genesis.header, dataRoot: rootOf(body) };
      assert.ok(!judge(hashedHeader(header), body.bytes).ok);
    }
  });

  test('`{}` above the genesis is data like any other', () => {
    const { block } = buildBlock(TEST_PARAMS, TIP, singleBody('{}'));
    const judged = judge(block, '{}');
    assert.ok(judged.ok);
    assert.equal(judged.value.body.shape, 'single');
    const header = { ...BLOCK.header, dataRoot: rootOf(GENESIS_BODY) };
    assert.ok(!judge(hashedHeader(header), '{}').ok);
  });
});

describe('the genesis', () => {
  test('has the fields of P6', () => {
    const { header, body, hash } = createGenesis(TEST_PARAMS);
    assert.deepEqual(header, {
      height: 0,
      previousHash: ZERO_HASH,
      historyRoot: paramsHash(TEST_PARAMS),
      dataRoot: 'faa81cded80399450eb5f568543360b54b479139a7acdb5414d44438aa7857ed',
      timestamp: TEST_PARAMS.genesisTime,
      bits: TEST_PARAMS.initialBits,
      nonce: 0,
    });
    assert.equal(body, GENESIS_BODY);
    assert.equal(hash, hashedHeader(header).hash);
  });

  test('its work counts, and there is no time before it', () => {
    const point = genesisPoint(TEST_PARAMS);
    assert.equal(point.work, 2n, 'half of all hashes meet its target');
    assert.equal(point.parentTimestamp, undefined);
    assert.equal(point.history.count, 1);
  });
});

describe('time', () => {
  const { header } = BLOCK;

  test('a block may be ahead of the clock by future_time_max and not by a second more', () => {
    const at = (ahead: number) => isAheadOfClock(header, header.timestamp - ahead, TEST_PARAMS);
    assert.deepEqual([at(-1000), at(0), at(79), at(80), at(81), at(1000)], [false, false, false, false, true, true]);
    const strict = createParams({ ...TEST_PARAMS, futureTimeMax: 1 });
    assert.ok(!isAheadOfClock(header, header.timestamp - 1, strict));
    assert.ok(isAheadOfClock(header, header.timestamp - 2, strict));
  });

  test('a candidate has the time of the clock, but never one before its parent', () => {
    const timeAt = (clockSeconds: number) =>
      createCandidateHeader({ parent: TIP, dataRoot: OTHER_HASH, clockSeconds, params: TEST_PARAMS }).timestamp;
    const { timestamp } = TIP.header;
    for (const clock of [0, timestamp - 100, timestamp - 1, timestamp]) assert.equal(timeAt(clock), timestamp);
    for (const clock of [timestamp + 1, timestamp + 100_000]) assert.equal(timeAt(clock), clock);
    const options = { parent: TIP, dataRoot: OTHER_HASH, clockSeconds: 0, params: TEST_PARAMS };
    assert.equal(createCandidateHeader(options).nonce, 0, 'the search begins there');
  });

  test('whatever the clock says, a candidate becomes a valid header once its nonce is found', () => {
    for (const clockSeconds of [0, TIP.header.timestamp, TIP.header.timestamp + 5_000]) {
      const candidate = createCandidateHeader({
        parent: TIP,
        dataRoot: rootOf(bodyOf()),
        clockSeconds,
        params: TEST_PARAMS,
      });
      assert.equal(codeOf(changed(candidate)), 'valid');
    }
  });
});
