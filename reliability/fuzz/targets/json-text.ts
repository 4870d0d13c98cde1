/** JSON that is passed on as text: whoever reads its parts must see what `JSON.parse` sees. */
import assert from 'node:assert/strict';
import { isWellFormedJson, type JsonMembers, readElements, readMembers } from '../../../src/core/json-text.ts';
import { ARRAY_OPEN, ArraySplitter } from '../../../src/probe/array-splitter.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, jsonOf, nestsTo, textOf } from '../target.ts';
import { JSON_SEEDS } from './canonical-json.ts';

export const JSON_TEXT: FuzzTarget = {
  name: 'json-text',
  claim:
    'the members and elements of a text are those that JSON.parse finds, none lost, none twice, at any depth noted',
  words: JSON_WORDS,
  sizeMax: 70_000,
  weight: 3,
  seeds: () => JSON_SEEDS.map(bytesOf),
  check(input) {
    const text = textOf(input);
    if (text === undefined) return;
    const value = jsonOf(text);
    const isDeep = nestsTo(text) > DEPTH_MAX;
    const options = { depthMax: DEPTH_MAX };
    if (!isDeep) assert.equal(isWellFormedJson(text, options), value !== undefined, 'it is JSON where it is');
    else assert.ok(!isWellFormedJson(text, options), 'what is too deep is refused');
    const elements = readElements(text, options);
    if (elements.ok) assert.deepEqual(elements.value.map(parse), value, 'the elements are those of the array');
    else assert.ok(isDeep || !Array.isArray(value), 'an array has elements');
    const members = readMembers(text, { ...options, levelsNoted: 2 });
    if (members.ok) assertMembers(members.value, value);
    else if (isObject(value) && !isDeep)
      assert.equal(members.fault.code, 'json-duplicate-key', 'an object has members');
  },
};

export const ARRAY_SPLITTER: FuzzTarget = {
  name: 'array-splitter',
  claim: 'an array that arrives in any pieces is cut into the elements of the whole',
  words: JSON_WORDS,
  sizeMax: 20_000,
  weight: 2,
  seeds: () => JSON_SEEDS.map((text) => Buffer.concat([Buffer.of(7, 0, 3, 9), bytesOf(`[${text}, ${text}]`)])),
  check(input) {
    const choices = new ByteChoices(input);
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const whole = split([bytes]);
    assert.deepEqual(split(piecesOf(bytes, sizes)), whole, 'pieces change nothing');
    const text = textOf(bytes);
    if (text === undefined || whole.fault !== undefined) return;
    assert.equal(
      bytes.find((byte) => !SPACE.includes(byte)),
      ARRAY_OPEN,
      'what is cut is an array',
    );
    if (nestsTo(text) > NESTING_TRIED_MAX) return;
    const areJson = whole.elements.every((element) => isWellFormedJson(element, { depthMax: NESTING_TRIED_MAX }));
    const value = jsonOf(text);
    assert.equal(value !== undefined, areJson, 'an array of JSON is JSON');
    if (areJson) assert.deepEqual(whole.elements.map(parse), value, 'the elements are those of the array');
  },
};

function assertMembers(members: JsonMembers, value: unknown): void {
  assert.ok(isObject(value), 'what has members is an object');
  assert.deepEqual([...members.keys()].sort(), Object.keys(value).sort(), 'the keys are those of the object');
  for (const [key, text] of members) {
    const own: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
    assert.deepEqual(parse(text), own, 'the value is that of the member');
    assert.deepEqual(members.membersOf(key), readMembers(text), 'what was noted of an object is what it reads as');
    assert.deepEqual(members.elementsOf(key), readElements(text), 'what was noted of an array is what it reads as');
  }
}

function split(chunks: readonly Uint8Array[]): { readonly elements: string[]; readonly fault: unknown } {
  const splitter = new ArraySplitter(ELEMENT_BYTES_MAX);
  const elements: string[] = [];
  for (const chunk of chunks) {
    for (const element of splitter.push(chunk)) {
      if (!element.ok) return { elements, fault: element.fault };
      elements.push(Buffer.from(element.value).toString());
    }
  }
  return { elements, fault: splitter.end() };
}

/** `bytes` in pieces of these sizes, over and over; 0 stands for one that is empty. */
export function piecesOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const isStuck = sizes.every((size) => size === 0);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = isStuck ? 1 : (sizes[i % sizes.length] ?? 1);
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

function parse(text: string): unknown {
  return JSON.parse(text);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const DEPTH_MAX = 8;
/** Readers go down as deep as they are allowed; no part of the program allows more than 64. */
const NESTING_TRIED_MAX = 500;
const ELEMENT_BYTES_MAX = 10_000;
const SPACE = [0x20, 0x09, 0x0a, 0x0d];
