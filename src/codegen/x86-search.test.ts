import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { interpretProgram } from '../mining/interpreted-search.fixture.ts';
import { loadMachineCode } from '../mining/machine-code.ts';
import { createMachineSearch, MACHINE_SEARCH_LAYOUT, type MachineTarget } from './x86-search.ts';

const { nonceWord, groups, threshold, passed, table } = MACHINE_SEARCH_LAYOUT;
const MAX = 0xffffffff;

for (const target of ['avx512', 'avx2'] as const) {
  test(`the code for ${target} is the same every time`, () => {
    assert.deepEqual(createMachineSearch(target).code, createMachineSearch(target).code);
  });

  describe(`the search on ${target}`, { skip: missing(target) }, () => {
    const { code, lanes, program } = createMachineSearch(target);
    const memoryWords = table + program.table.length;
    const run = loadMachineCode({ code, memoryWords });
    const interpreted = interpretProgram(program, lanes);
    program.table.run(
      Array.from({ length: 21 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)),
      interpreted.table,
    );

    /** Memory that is ready to be searched, at `offset` of memory that is full of the word `GUARD`. */
    const prepare = (search: { from: number; groups: number; threshold: number }, offset = 0) => {
      const whole = new Uint32Array(offset + memoryWords + 16).fill(GUARD);
      const memory = whole.subarray(offset, offset + memoryWords);
      memory.set(interpreted.table, table);
      memory[nonceWord] = search.from;
      memory[groups] = search.groups;
      memory[threshold] = search.threshold;
      return { whole, memory };
    };

    test('passes as many groups as the program, read plainly, and its nonces wrap', () => {
      for (const from of [0x8000, 0x12348000, 0xfff58000]) {
        const { memory } = prepare({ from, groups: 100, threshold: 2 ** 24 });
        run(memory);
        const expected = interpreted.search(from, 100, 2 ** 24);
        assert.ok(expected > 0 && expected < 100, 'the target says something');
        assert.equal(memory[passed], expected);
      }
    });

    test('passes no group when there is none, or the first has a candidate', () => {
      for (const search of [
        { from: 0x8000, groups: 0, threshold: MAX },
        { from: 0x8000, groups: 5, threshold: MAX },
      ]) {
        const { memory } = prepare(search);
        run(memory);
        assert.equal(memory[passed], 0);
      }
    });

    test('passes all groups when none has a candidate, and judges words without a sign', () => {
      const lowest = (limit: number) => interpreted.search(0x8000, 8, limit);
      assert.equal(lowest(0), 8, 'no hash begins with zeros');
      const { memory } = prepare({ from: 0x8000, groups: 8, threshold: 0 });
      run(memory);
      assert.equal(memory[passed], 8);
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

/** Why the code cannot be run here, or false. */
function missing(target: MachineTarget): string | false {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'machine code is for Linux on x64';
  const feature = target === 'avx512' ? 'avx512f' : 'avx2';
  const isThere = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1]?.split(' ').includes(feature);
  return isThere ? false : `this processor has no ${feature}`;
}

const GUARD = 0xa5a5a5a5;
