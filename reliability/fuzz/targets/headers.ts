/** Headers, one by one and in runs, and the numbers in them. */
import assert from 'node:assert/strict';
import { hashToNumber, parseHash } from '../../../src/core/hash.ts';
import { encodeHeader, HEADER_BYTES, parseHeader } from '../../../src/core/header.ts';
import { followHeaders, lastOfLinked, validateHeaders } from '../../../src/core/header-run.ts';
import { createParams } from '../../../src/core/params.ts';
import { retarget } from '../../../src/core/retarget.ts';
import { bitsToHex, bitsToTarget, meetsTarget, targetToBits, targetToWork } from '../../../src/core/target.ts';
import { formatTimestamp, parseTimestamp } from '../../../src/core/timestamp.ts';
import { genesisPoint } from '../../../src/core/validation.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { compact, expand, nextBits, work } from '../../../src/simulator/second-implementation/difficulty.ts';
import { readHeader, secondsOf, writeHeader } from '../../../src/simulator/second-implementation/header.ts';
import { ChainJudge } from '../../../src/simulator/second-implementation/judge.ts';
import { difficultyRules } from '../../../src/simulator/second-implementation/params.ts';
import { bodyOf, buildChain } from '../../../test/support/chain-fixture.ts';
import { encodeRun } from '../../../test/support/header-bytes.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

export const HEADER: FuzzTarget = {
  name: 'header',
  claim: '118 bytes are a header where the second implementation reads one, with the same fields, and are written back',
  words: ['\x4c\x01', '\x00\x1f\xff\xff\xff\xff\xff\xff', '\x00\x20\x00\x00\x00\x00\x00\x00', '\xff\xff\xff\xff'],
  sizeMax: 130,
  weight: 1,
  seeds: () => CHAIN.blocks.slice(0, 3).map(({ header }) => encodeHeader(header)),
  check(input) {
    const header = parseHeader(input);
    const raw = readHeader(Buffer.from(input).toString('hex'));
    assert.equal(header.ok, raw !== undefined, 'both read it, or neither');
    if (!header.ok || raw === undefined) return;
    const { height, previousHash, historyRoot, dataRoot, timestamp, bits, nonce } = header.value;
    const fields = { previousHash, historyRoot, dataRoot, height: BigInt(height), bits: BigInt(bits) };
    assert.deepEqual(
      { ...fields, time: BigInt(timestamp), nonce: BigInt(nonce) },
      { ...raw },
      'it says the same to both',
    );
    assert.deepEqual(encodeHeader(header.value), Uint8Array.from(input), 'it is written as it was read');
    assert.equal(writeHeader(raw), Buffer.from(input).toString('hex'), 'by both');
  },
};

export const HEADER_RUN: FuzzTarget = {
  name: 'header-run',
  claim:
    'a run of headers is followed exactly as far as the judge of single headers goes, and refused for the same rule',
  words: ['\x4c\x01', '\x00\x00\x00\x01', '\x20\x7f\xff\xff', '\xff\xff\xff\xff'],
  sizeMax: HEADER_BYTES * 12,
  weight: 3,
  seeds: () => [
    Buffer.concat([Buffer.of(0), encodeRun(CHAIN.blocks.slice(0, 6).map(({ header }) => header))]),
    Buffer.concat([Buffer.of(5), encodeRun(CHAIN.blocks.slice(5, 12).map(({ header }) => header))]),
    Buffer.concat([Buffer.of(7), encodeRun(CHAIN.blocks.slice(7, 8).map(({ header }) => header))]),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const known = choices.integer(CHAIN.points.length);
    const bytes = choices.rest();
    const parent = known === 0 ? genesisPoint(PARAMS) : CHAIN.points[known - 1];
    assert.ok(parent);
    const judged = validateHeaders(bytes, parent, PARAMS);
    const followed = followHeaders(bytes, parent, PARAMS);
    assert.equal(followed.count, judged.points.length, 'both ways go as far');
    assert.deepEqual(followed.fault, judged.fault, 'and end for the same');
    assert.deepEqual(followed.last, judged.points.at(-1) ?? parent, 'at the same place');
    let previous: string = parent.hash;
    let count = 0;
    for (let at = 0; at < bytes.length; at += HEADER_BYTES) {
      const verdict = JUDGE.header(Buffer.from(bytes.subarray(at, at + HEADER_BYTES)).toString('hex'));
      // The judge takes what follows any header that it knows.
      if (typeof verdict === 'string' || verdict.previousHash !== previous) break;
      const point = judged.points[count++];
      assert.ok(point !== undefined, `header ${count} is valid`);
      assert.deepEqual([point.hash, point.work], [verdict.hash, verdict.work], 'with the same hash and work');
      previous = verdict.hash;
    }
    assert.equal(judged.points.length, count, 'no header is taken that the judge refuses');
    const linked = lastOfLinked(bytes.subarray(0, bytes.length - (bytes.length % HEADER_BYTES)));
    if (count > 0 && count * HEADER_BYTES === bytes.length) assert.equal(linked, previous, 'what is valid is linked');
  },
};

export const DIFFICULTY: FuzzTarget = {
  name: 'difficulty',
  claim: 'compact targets, work and retargeting come out as in the second implementation, whatever the bits and times',
  words: ['\x20\x7f\xff\xff', '\x1f\x00\xff\xff', '\x01\x01\x00\x00', '\x21\x00\xff\xff', '\x04\x00\x80\x00'],
  sizeMax: 80,
  weight: 2,
  seeds: () =>
    [0x207fffff, 0x1f00ffff, 0x01010000, 0x03008000].map((bits) => {
      const seed = Buffer.alloc(44, 0x55);
      seed.writeUInt32BE(bits);
      return seed;
    }),
  check(input) {
    const choices = new ByteChoices(input);
    const bits = choices.integer(2 ** 32 - 1);
    const solveTime = choices.integer(2 ** 32 - 1);
    const hashText = Buffer.from(choices.bytes(32)).toString('hex').padStart(64, '0');
    const target = bitsToTarget(bits);
    assert.equal(target, expand(BigInt(bits)), `${bitsToHex(bits)} names the same target`);
    const any = BigInt(`0x${hashText}`) + 1n;
    if (any < 2n ** 256n) assert.equal(targetToBits(any), Number(compact(any)), 'a target is spelt the same');
    if (target === undefined) return;
    assert.equal(targetToBits(target), bits, 'a target is spelt one way');
    assert.equal(targetToWork(target), work(target), 'its work is the same');
    const hash = parseHash(hashText);
    assert.ok(hash);
    const meets = meetsTarget(bits, Buffer.from(hashText, 'hex'), 0);
    assert.equal(meets, hashToNumber(hash) <= target, 'a hash meets it by its bytes as by its number');
    if (bits > PARAMS.targetLimit) return;
    const time = 1_000n;
    const chain = [
      { bits: 0n, time },
      { bits: BigInt(bits), time: time + BigInt(solveTime) },
    ];
    assert.equal(retarget(bits, solveTime, PARAMS), Number(nextBits(chain, RULES)), 'what follows is the same');
  },
};

export const TIMESTAMP: FuzzTarget = {
  name: 'timestamp',
  claim: 'a timestamp is taken where it is spelt as it is written, and names the second that the calendar says',
  words: [
    '29/02/2024',
    '31/12/',
    '/1970',
    '/2106',
    ', ',
    '24:00:00',
    '23:59:60',
    '07/02/2106, 06:28:15',
    '00',
    '\xd9\xa3',
  ],
  sizeMax: 24,
  weight: 1,
  seeds: () =>
    ['22/11/2026, 13:37:24', '01/01/1970, 00:00:00', '07/02/2106, 06:28:15', '29/02/2000, 23:59:59'].map(bytesOf),
  check(input) {
    const text = textOf(input) ?? '';
    const seconds = parseTimestamp(text);
    const date = /^(\d\d)\/(\d\d)\/(\d{4}), (\d\d):(\d\d):(\d\d)$/.exec(text);
    const [, day, month, year, hour, minute, second] = date ?? [];
    const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    // JavaScript takes the 31st of any month, and 24:00:00, for times of the next day.
    const isTime = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(`${year}-${month}-${day}T${hour}`);
    assert.equal(seconds, isTime && ms >= 0 && ms < 2 ** 32 * 1000 ? ms / 1000 : undefined, 'as the calendar has it');
    if (seconds === undefined) return;
    assert.equal(BigInt(seconds), secondsOf(text), 'as counting the days has it');
    assert.equal(formatTimestamp(seconds), text, 'it is written as it was read');
  },
};

/** Half of all hashes meet the easiest target, and the difficulty changes with every block. */
const PARAMS = createParams({ name: 'fuzz', targetLimit: 0x207fffff, initialBits: 0x203fffff });
const RULES = difficultyRules(paramsDocument(PARAMS));
const CHAIN = buildChain(PARAMS, genesisPoint(PARAMS), 12, (height) => bodyOf(`{"height":${height}}`));

/** Knows the chain, and besides whatever it has found valid. */
const JUDGE = new ChainJudge(paramsDocument(PARAMS));
for (const { header } of CHAIN.blocks) JUDGE.header(Buffer.from(encodeHeader(header)).toString('hex'));
