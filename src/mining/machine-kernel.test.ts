import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { numberArithmetic } from '../codegen/number-arithmetic.ts';
import { compress, type HashState } from '../codegen/sha256.ts';
import { createMachineSearch, type MachineTarget } from '../codegen/x86-search.ts';
import { MACHINE_SEARCH_LAYOUT } from '../codegen/x86-search-function.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { describeSearchKernel } from './kernel.contract.ts';
import { KernelError } from './kernel-error.ts';
import { loadMachineCode } from './machine-code.ts';
import { loadMachineKernel } from './machine-kernel.ts';

const { nonceWord, groups, threshold, passed, table } = MACHINE_SEARCH_LAYOUT;

/** A state after a header's first chunk, and the second chunk up to the nonce's word. */
const JOB = Array.from({ length: 21 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, ...WORDS] = JOB;
const STATE: HashState<number> = [a, b, c, d, e, f, g, h];

for (const target of ['avx512', 'sha-ni', 'avx2'] as const) {
  try {
    describeSearchKernel(loadMachineKernel(target));
    describeMachineCode(target);
  } catch (error) {
    // Anywhere else the kernel has to load.
    const isUnsupported = error instanceof KernelError && error.code.endsWith('-unsupported');
    if (!isUnsupported) throw error;
    test(`search kernel ${target}`, { skip: error.message }, () => undefined);
  }
}

function describeMachineCode(target: MachineTarget): void {
  describe(`the machine code for ${target}`, () => {
    const { code, lanes, table: tape } = createMachineSearch(target);
    const memoryWords = table + tape.length;
    const run = loadMachineCode({ code, memoryWords });

    /** Memory that is ready to be searched, at `offset` of memory that is full of the word `GUARD`. */
    const prepare = (search: { from: number; groups: number; threshold: number }, offset = 0) => {
      const whole = new Uint32Array(offset + memoryWords + 16).fill(GUARD);
      const memory = whole.subarray(offset, offset + memoryWords);
      tape.run(JOB, memory.subarray(table));
      memory[nonceWord] = search.from;
      memory[groups] = search.groups;
      memory[threshold] = search.threshold;
      return { whole, memory };
    };
    const groupsPassed = (search: { from: number; groups: number; threshold: number }) => {
      const { memory } = prepare(search);
      run(memory);
      return memory[passed];
    };

    test('passes as many groups as plain hashing does, and its nonces wrap', () => {
      for (const from of [0x8000, 0x12348000, 0xfff58000]) {
        const first = hashesFrom(from, 100 * lanes).findIndex((hash) => hash <= 2 ** 24);
        assert.ok(first >= lanes, 'the threshold says something');
        assert.equal(groupsPassed({ from, groups: 100, threshold: 2 ** 24 }), Math.floor(first / lanes));
      }
    });

    test('sees a candidate wherever it is in its group, and a hash that is one too large nowhere', () => {
      for (let place = 0; place < lanes; place++) {
        // The group is so chosen that its lowest hash is at this place.
        const isLowest = (hashes: readonly number[]) => hashes.indexOf(Math.min(...hashes)) === place;
        let from = 0x8000;
        while (!isLowest(hashesFrom(from, lanes))) from += 0x10000;
        const lowest = Math.min(...hashesFrom(from, lanes));
        assert.equal(groupsPassed({ from, groups: 1, threshold: lowest }), 0);
        assert.equal(groupsPassed({ from, groups: 1, threshold: lowest - 1 }), 1);
      }
    });

    test('passes no group when there is none, or the first has a candidate', () => {
      assert.equal(groupsPassed({ from: 0x8000, groups: 0, threshold: WORD_MAX }), 0);
      assert.equal(groupsPassed({ from: 0x8000, groups: 5, threshold: WORD_MAX }), 0);
    });

    test('judges words without a sign', () => {
      const from = 0x8000;
      const lowest = Math.min(...hashesFrom(from, 8 * lanes));
      assert.equal(groupsPassed({ from, groups: 8, threshold: 0 }), 8);
      assert.ok(hashesFrom(from, lanes).some((hash) => hash >= 2 ** 31));
      assert.equal(groupsPassed({ from, groups: 8, threshold: lowest - 1 }), 8);
    });

    test('writes how many groups it passed, and nothing else, wherever its memory begins', () => {
      for (let offset = 0; offset < 16; offset++) {
        const { whole, memory } = prepare({ from: 0x8000, groups: 3, threshold: 0 }, offset);
        const expected = Uint32Array.from(whole);
        expected[offset + passed] = 3;
        run(memory);
        assert.deepEqual(whole, expected);
      }
    });
  });
}

/** The first words of the hashes of `count` nonces, computed one after the other. */
function hashesFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const chunk = [...WORDS, (from + i * 2 ** 16) % 2 ** 32, 0, 8 * HEADER_BYTES];
    return compress(numberArithmetic, STATE, chunk)[0];
  });
}

const GUARD = 0xa5a5a5a5;
const WORD_MAX = 0xffffffff;
