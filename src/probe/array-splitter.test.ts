import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ArraySplitter } from './array-splitter.ts';

const LIMIT = 64;

interface Outcome {
  readonly elements: readonly string[];
  readonly fault: string | undefined;
}

/** What a splitter makes of `text` that arrives in chunks of `chunkBytes`. */
function split(text: string, chunkBytes: number): Outcome {
  const splitter = new ArraySplitter(LIMIT);
  const bytes = Buffer.from(text, 'utf8');
  const elements: string[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    for (const element of splitter.push(bytes.subarray(start, start + chunkBytes))) {
      if (!element.ok) {
        const { fault } = element;
        return { elements, fault: fault.code === 'json-syntax' ? `${fault.code} at ${fault.offset}` : fault.code };
      }
      elements.push(Buffer.from(element.value).toString('utf8'));
    }
  }
  const fault = splitter.end();
  return { elements, fault: fault?.code === 'json-syntax' ? `${fault.code} at ${fault.offset}` : fault?.code };
}

const TABLE: readonly [name: string, text: string, elements: readonly string[], fault?: string][] = [
  ['an empty array has no elements', '[]', []],
  ['white space is allowed around everything', ' [ \n1 ,\t"a" ]\r\n', ['1 ', '"a" ']],
  ['brackets and commas in strings bound nothing', '["],[",{"}":"\\"],"}]', ['"],["', '{"}":"\\"],"}']],
  ['a backslash before a quote is told from one that is escaped', '["\\\\","\\\\\\""]', ['"\\\\"', '"\\\\\\""']],
  ['characters of several bytes stay whole', '["ü","🪨"]', ['"ü"', '"🪨"']],
  ['inner arrays and objects are one element', '[[1,[2]],{"a":[3,4]}]', ['[1,[2]]', '{"a":[3,4]}']],
  ['an element of exactly the limit passes', `["${'x'.repeat(LIMIT - 2)}"]`, [`"${'x'.repeat(LIMIT - 2)}"`]],
  ['an element over the limit is refused', `[1,"${'x'.repeat(LIMIT - 1)}"]`, ['1'], 'element-too-large'],
  ['nothing is no array', '', [], 'json-syntax at 0'],
  ['white space is no array', '  ', [], 'json-syntax at 2'],
  ['an object is no array', '{}', [], 'json-syntax at 0'],
  ['a missing close is a fault', '[1', [], 'json-syntax at 2'],
  ['a missing close after a comma is a fault', '[1,', ['1'], 'json-syntax at 3'],
  ['an open string is a fault', '["]', [], 'json-syntax at 3'],
  ['an element must stand before a comma', '[,1]', [], 'json-syntax at 1'],
  ['an element must stand between commas', '[1,,2]', ['1'], 'json-syntax at 3'],
  ['an element must stand behind a comma', '[1,]', ['1'], 'json-syntax at 3'],
  ['a brace that closes nothing is a fault', '[1}', [], 'json-syntax at 2'],
  ['nothing may stand behind the array', '[1] 2', ['1'], 'json-syntax at 4'],
  ['a second array may not stand behind the first', '[][]', [], 'json-syntax at 2'],
];

for (const [name, text, elements, fault] of TABLE) {
  test(name, () => {
    for (let chunkBytes = 1; chunkBytes <= Buffer.byteLength(text) + 1; chunkBytes++) {
      assert.deepEqual(split(text, chunkBytes), { elements, fault }, `in chunks of ${chunkBytes}`);
    }
  });
}

test('any array comes apart into elements that mean what they meant in it, however it arrives', () => {
  const anyArray = fc
    .array(fc.jsonValue({ maxDepth: 3 }))
    .map((values) => values.filter((value) => sizeOf(value) < LIMIT));
  fc.assert(
    fc.property(anyArray, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1), (values, chunkBytes, space) => {
      const { elements, fault } = split(JSON.stringify(values, undefined, space).trim(), chunkBytes);
      // White space that `JSON.stringify` adds can push an element over the limit.
      if (fault === 'element-too-large') return;
      assert.equal(fault, undefined);
      assert.deepEqual(
        elements.map((element) => JSON.stringify(JSON.parse(element))),
        values.map((value) => JSON.stringify(value)),
      );
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

test('what is no array is a fault, or has an element that is no JSON', () => {
  const nearJson = fc
    .array(fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '1', ' ', 'null'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(nearJson, fc.integer({ min: 1, max: 9 }), (text, chunkBytes) => {
      const { elements, fault } = split(`[${text}]`, chunkBytes);
      const isTaken = fault === undefined && elements.every(isJson);
      assert.equal(isTaken, isJson(`[${text}]`));
    }),
    { seed: 20261122, numRuns: 2_000 },
  );
});

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
