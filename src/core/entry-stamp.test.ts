import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { isStamped, searchStamp, stampEntry } from './entry-stamp.ts';
import type { Hash } from './hash.ts';

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('an id has the bits of a stamp that are zero in front, up to 32', () => {
  const id = (start: string) => start.padEnd(64, 'f') as Hash;
  for (const [start, bits] of [
    ['8', 0],
    ['7', 1],
    ['1', 3],
    ['08', 4],
    ['00ffff', 8],
    ['00000001', 31],
    ['00000000', 32],
  ] as const) {
    for (let asked = 0; asked <= 32; asked++)
      assert.equal(isStamped(id(start), asked), asked <= bits, `${start} ${asked}`);
  }
});

test('an object gets the smallest integer by which its id has the bits, in the place where the key belongs', () => {
  for (const text of [
    '{}',
    '{"a":1}',
    '{"z":[{"stamp":0}]}',
    '{"a":{"stamp":7}}',
    '{"a":"\\"stamp\\":00","tz":1}',
    '{"😀":1}',
  ]) {
    const stamped = stampEntry(entryOf(text).bytes, 6);
    assert.ok(stamped.ok);
    const { stamp, ...others } = JSON.parse(textOf(stamped.value.bytes));
    assert.deepEqual(others, JSON.parse(text));
    assert.deepEqual(stamped.value, entryOf(textOf(stamped.value.bytes)));
    assert.ok(isStamped(stamped.value.id, 6));
    for (let smaller = 0; smaller < stamp; smaller++) {
      const other = textOf(stamped.value.bytes).replace(`"stamp":${stamp}`, `"stamp":${smaller}`);
      assert.ok(!isStamped(entryOf(other).id, 6), other);
    }
  }
});

test('the first stamp that is tried is 0', () => {
  const stamps = Array.from({ length: 16 }, (_, i) => {
    const stamped = stampEntry(entryOf(`{"a":${i}}`).bytes, 1);
    return stamped.ok ? JSON.parse(textOf(stamped.value.bytes)).stamp : undefined;
  });
  assert.ok(stamps.includes(0), String(stamps));
});

test('an entry that has the bits already stays as it is, whatever it is', () => {
  for (const text of ['7', '[]', '{"stamp":"mine"}'])
    assert.deepEqual(stampEntry(entryOf(text).bytes, 0), { ok: true, value: entryOf(text) });
});

test('what has no room for a stamp, or one of its own, is refused', () => {
  assert.deepEqual(stampEntry(entryOf('[1]').bytes, 32), { ok: false, fault: { code: 'stamp-not-object' } });
  assert.deepEqual(stampEntry(entryOf('{"stamp":1}').bytes, 32), { ok: false, fault: { code: 'stamp-taken' } });
});

test('a search goes on where it ended, and finds what a longer one would have found', () => {
  const { bytes } = entryOf('{"a":1}');
  const whole = stampEntry(bytes, 8);
  let from = 0;
  for (;;) {
    const part = stampEntry(bytes, 8, { from, triesMax: 10 });
    if (part.ok) {
      assert.deepEqual(part, whole);
      break;
    }
    assert.deepEqual(part.fault, { code: 'stamp-not-found', next: from + 10 });
    from += 10;
  }
  assert.ok(from > 0);
});

test('no stamp is tried that not every reader would read as the same number', () => {
  const tried: number[] = [];
  const found = searchStamp(32, { from: Number.MAX_SAFE_INTEGER - 2, triesMax: 10 }, (stamp) => {
    tried.push(stamp);
    return entryOf(String(stamp)).bytes;
  });
  assert.deepEqual(found, { ok: false, fault: { code: 'stamp-not-found', next: Number.MAX_SAFE_INTEGER } });
  assert.deepEqual(tried, [Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER - 1]);
});
