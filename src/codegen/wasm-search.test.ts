import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from '../core/assert.ts';
import { apply } from './expression.ts';
import type { Operand, SearchProgram } from './search-program.ts';
import { instantiate } from './wasm-instance.fixture.ts';
import { createWasmSearch } from './wasm-search.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

for (const shape of ['scalar', 'simd', 'packed'] as const) {
  describe(`the search in the shape ${shape}`, () => {
    const { module, lanes, program } = createWasmSearch(shape);
    const { call: search, memory } = instantiate(module, 'search');

    test('it counts the groups before the first with a hash that is small enough, on any table', () => {
      fc.assert(
        fc.property(
          fc.array(word, { minLength: program.table.length, maxLength: program.table.length }),
          word,
          fc.integer({ min: 1, max: 5 }),
          fc.nat({ max: 5 * lanes - 1 }),
          (table, nonceWord, groups, candidate) => {
            memory.set(table);
            const hashes = Array.from({ length: groups * lanes }, (_, i) =>
              firstWordOfHash(program, table, (nonceWord + i * 2 ** 16) % 2 ** 32),
            );
            // The largest threshold that lets `candidate` through, and then the largest that does not.
            const threshold = hashes[candidate % hashes.length] ?? 0;
            for (const limit of [threshold, Math.max(0, threshold - 1)]) {
              const index = hashes.findIndex((hash) => hash <= limit);
              const expected = index < 0 ? groups : Math.floor(index / lanes);
              assert.equal(search(nonceWord, groups, limit), expected);
            }
          },
        ),
        { seed: 20261122, numRuns: 50 },
      );
    });

    test('it tries no more groups than it is told to', () => {
      assert.equal(search(0, 0, 2 ** 32 - 1), 0);
      assert.equal(search(0, 1, 2 ** 32 - 1), 0);
    });

    test('it leaves the table as it is', () => {
      const table = Array.from({ length: program.table.length }, (_, i) => i + 1);
      memory.set(table);
      search(0, 100, 0);
      assert.deepEqual([...memory.subarray(0, table.length)], table);
    });
  });
}

test('two vectors are a search of their own in the packed shape, and nothing is computed twice', () => {
  const [simd, packed] = [createWasmSearch('simd'), createWasmSearch('packed')];
  assert.equal(packed.lanes, 2 * simd.lanes);
  assert.deepEqual(packed.program.instructions, simd.program.instructions);
  assert.ok(packed.module.length < 2 * simd.module.length);
});

/** The program's result, one instruction after the other. */
function firstWordOfHash({ instructions }: SearchProgram, table: readonly number[], nonceWord: number): number {
  const results: number[] = [];
  const wordOf = (operand: Operand): number => {
    if (operand.type === 'nonce') return nonceWord;
    return assertPresent((operand.type === 'table' ? table : results)[operand.index], 'the operand is known');
  };
  for (const { operator, operands, amount } of instructions) {
    const [a = 0, b = 0, c = 0] = operands.map(wordOf);
    results.push(apply(operator, a, b, c, amount));
  }
  return assertPresent(results.at(-1), 'there are instructions');
}
