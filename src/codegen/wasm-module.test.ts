import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AssertionError } from '../core/assert.ts';
import { numberArithmetic } from './number-arithmetic.ts';
import { instantiate } from './wasm-instance.fixture.ts';
import { encodeModule, encodeSigned, encodeUnsigned, type StackInstruction, WasmCode } from './wasm-module.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const seeded = { seed: 20261122, numRuns: 200 };

test('a module is what the assembler of WebAssembly makes of the same text', () => {
  const body = new WasmCode().get(0).get(1).do('i32.add');
  // (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  //   (memory (export "memory") 1)), with the memory exported first.
  const expected = [
    '0061736d 01000000',
    '01 07 01 60 02 7f7f 01 7f',
    '03 02 01 00',
    '05 03 01 00 01',
    '07 10 02 06 6d656d6f7279 02 00 03 616464 00 00',
    '0a 09 01 07 00 2000 2001 6a 0b',
  ];
  assert.equal(
    Buffer.from(encodeModule('add', { parameters: ['i32', 'i32'], locals: [], body })).toString('hex'),
    expected.join('').replaceAll(' ', ''),
  );
});

describe('LEB128', () => {
  const unsigned: readonly (readonly [number, string])[] = [
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [624_485, 'e58e26'],
    [2 ** 32 - 1, 'ffffffff0f'],
  ];
  for (const [value, hex] of unsigned) {
    test(`${value} without a sign is ${hex}`, () => {
      assert.equal(Buffer.from(encodeUnsigned(value)).toString('hex'), hex);
    });
  }

  const signed: readonly (readonly [number, string])[] = [
    [0, '00'],
    [63, '3f'],
    [64, 'c000'],
    [-1, '7f'],
    [-64, '40'],
    [-65, 'bf7f'],
    [-123_456, 'c0bb78'],
    [-(2 ** 31), '8080808078'],
    [2 ** 32 - 1, '7f'],
  ];
  for (const [value, hex] of signed) {
    test(`${value} as a word is ${hex}`, () => {
      assert.equal(Buffer.from(encodeSigned(value)).toString('hex'), hex);
    });
  }

  test('what has a sign or more than 32 bits is not encoded without them', () => {
    for (const value of [-1, 2 ** 32, 0.5, Number.NaN]) assert.throws(() => encodeUnsigned(value), AssertionError);
  });
});

test('a constant comes out as the word that went in, and four constants as their vector', () => {
  fc.assert(
    fc.property(word, word, word, word, (...words) => {
      const body = new WasmCode().constants(words).set(0).storeVector(16, 0).constant(words[0]);
      const module = encodeModule('run', { parameters: [], locals: [{ count: 1, type: 'v128' }], body });
      const { call, memory } = instantiate(module, 'run');
      assert.equal(call(), words[0]);
      assert.deepEqual([...memory.subarray(4, 8)], words);
    }),
    seeded,
  );
});

test('a vector has four words, no more and no fewer', () => {
  assert.throws(() => new WasmCode().constants([1, 2, 3]), AssertionError);
});

test('vectors and words are read and written at addresses that are known late, on any byte', () => {
  const body = new WasmCode();
  body.get(0).get(0).loadVectorAt(1).storeVectorAt(35);
  body.get(0).get(0).loadSplatAt(2).storeVectorAt(60).constant(0);
  const { call, memory } = instantiate(encodeModule('run', { parameters: ['i32'], locals: [], body }), 'run');
  const bytes = new Uint8Array(memory.buffer);
  for (let address = 0; address < 40; address++) {
    bytes.set(Uint8Array.from({ length: 128 }, (_, i) => i));
    call(address);
    assert.deepEqual(
      bytes.subarray(address + 35, address + 51),
      Uint8Array.from({ length: 16 }, (_, i) => address + 1 + i),
    );
    assert.deepEqual(
      bytes.subarray(address + 60, address + 76),
      Uint8Array.from({ length: 16 }, (_, i) => address + 2 + (i % 4)),
    );
  }
});

test('a shuffle picks bytes of two vectors', () => {
  const picks = [0, 31, 16, 15, 1, 1, 30, 17, 8, 24, 7, 23, 2, 3, 4, 5];
  const body = new WasmCode()
    .constant(32)
    .load('v128.load', 0)
    .load('v128.load', 16)
    .shuffle(picks)
    .storeVectorAt(0)
    .constant(0);
  const { call, memory } = instantiate(encodeModule('run', { parameters: [], locals: [], body }), 'run');
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(Uint8Array.from({ length: 32 }, (_, i) => 100 + i));
  call();
  assert.deepEqual(
    [...bytes.subarray(32, 48)],
    picks.map((pick) => 100 + pick),
  );
  assert.throws(() => new WasmCode().shuffle([32, ...picks.slice(1)]), AssertionError);
  assert.throws(() => new WasmCode().shuffle(picks.slice(1)), AssertionError);
});

test('data is in memory from the start', () => {
  const data = { address: 1000, bytes: Uint8Array.from({ length: 300 }, (_, i) => i % 256) };
  const body = new WasmCode().constant(0);
  const { memory } = instantiate(encodeModule('run', { parameters: [], locals: [], body }, data), 'run');
  const bytes = new Uint8Array(memory.buffer);
  assert.deepEqual(bytes.subarray(1000, 1300), data.bytes);
  assert.deepEqual([bytes[999], bytes[1300]], [0, 0]);
});

test('a loop goes on until a branch leads out of the block around it', () => {
  const body = new WasmCode();
  body.block(() => {
    body.loop(() => {
      body.get(1).get(0).do('i32.ge_u').branchIf(1);
      body.get(1).constant(1).do('i32.add').set(1);
      body.branch(0);
    });
  });
  body.get(1);
  const module = encodeModule('count', { parameters: ['i32'], locals: [{ count: 1, type: 'i32' }], body });
  assert.equal(instantiate(module, 'count').call(1000), 1000);
});

describe('an instruction does what it is called', () => {
  const meanings = {
    le_u: (a: number, b: number) => (a <= b ? 1 : 0),
    ge_u: (a: number, b: number) => (a >= b ? 1 : 0),
    add: (a: number, b: number) => numberArithmetic.add(a, b),
    and: (a: number, b: number) => (a & b) >>> 0,
    or: (a: number, b: number) => (a | b) >>> 0,
    xor: (a: number, b: number) => (a ^ b) >>> 0,
    shl: (a: number, b: number) => (a << b) >>> 0,
    shr_u: (a: number, b: number) => a >>> b,
    rotr: (a: number, b: number) => ((a >>> b) | (a << (32 - b))) >>> 0,
  };
  const words = {
    'i32.lt_u': (a: number, b: number) => (a < b ? 1 : 0),
    'i32.le_u': meanings.le_u,
    'i32.ge_u': meanings.ge_u,
    'i32.add': meanings.add,
    'i32.sub': (a: number, b: number) => (a - b) >>> 0,
    'i32.mul': (a: number, b: number) => Math.imul(a, b) >>> 0,
    'i32.and': meanings.and,
    'i32.or': meanings.or,
    'i32.xor': meanings.xor,
    'i32.shl': meanings.shl,
    'i32.shr_u': meanings.shr_u,
    'i32.rotr': meanings.rotr,
  } satisfies Partial<Record<StackInstruction, unknown>>;
  for (const [name, meaning] of Object.entries(words)) {
    test(name, () => {
      const body = new WasmCode()
        .get(0)
        .get(1)
        .do(name as keyof typeof words);
      const { call } = instantiate(encodeModule('run', { parameters: ['i32', 'i32'], locals: [], body }), 'run');
      fc.assert(
        fc.property(word, word, (a, b) => assert.equal(call(a, b), meaning(a, b))),
        seeded,
      );
    });
  }

  const vectors = {
    'i32x4.add': meanings.add,
    'v128.and': meanings.and,
    'v128.or': meanings.or,
    'v128.xor': meanings.xor,
    'i32x4.le_u': (a: number, b: number) => (a <= b ? 2 ** 32 - 1 : 0),
    'i32x4.shl': meanings.shl,
    'i32x4.shr_u': meanings.shr_u,
  } satisfies Partial<Record<StackInstruction, unknown>>;
  for (const [name, meaning] of Object.entries(vectors)) {
    test(`${name}, in every lane`, () => {
      const instruction = name as keyof typeof vectors;
      const isShift = instruction === 'i32x4.shl' || instruction === 'i32x4.shr_u';
      const body = new WasmCode().load('v128.load', 0);
      if (isShift) body.load('i32.load', 16);
      else body.load('v128.load32_splat', 16);
      body.do(instruction).set(0).storeVector(32, 0).constant(0);
      const module = encodeModule('run', { parameters: [], locals: [{ count: 1, type: 'v128' }], body });
      const { call, memory } = instantiate(module, 'run');
      fc.assert(
        fc.property(word, word, word, word, word, (...[b, ...lanes]) => {
          memory.set([...lanes, b]);
          call();
          assert.deepEqual(
            [...memory.subarray(8, 12)],
            lanes.map((a) => meaning(a, b)),
          );
        }),
        seeded,
      );
    });
  }

  test('i32x4.splat and v128.any_true', () => {
    const body = new WasmCode().get(0).do('i32x4.splat').do('v128.any_true');
    const { call } = instantiate(encodeModule('run', { parameters: ['i32'], locals: [], body }), 'run');
    assert.deepEqual([call(0), call(1), call(2 ** 31)], [0, 1, 1]);
  });
});
