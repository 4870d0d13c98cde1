import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { InstructionSet } from '../codegen/expression.ts';
import { createSearchProgram } from '../codegen/search-program.ts';
import { HEADER_BYTES, NONCE_MAX } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import { hashKernel } from './hash-kernel.ts';
import { interpretProgram } from './interpreted-search.fixture.ts';
import { createLaneKernel } from './lane-kernel.ts';

const INSTRUCTION_SETS: readonly (readonly [InstructionSet, operations: number])[] = [
  [{ hasRotate: false, hasTernary: false }, 2438],
  [{ hasRotate: true, hasTernary: false }, 1574],
  [{ hasRotate: true, hasTernary: true }, 1209],
];

for (const [instructions, operations] of INSTRUCTION_SETS) {
  const program = createSearchProgram(instructions);
  describe(`the program with rotations ${instructions.hasRotate}, functions of three bits ${instructions.hasTernary}`, () => {
    test(`takes ${operations} operations for a nonce`, () => {
      assert.equal(program.instructions.length, operations);
    });

    for (const lanes of [1, 4, 16]) {
      test(`finds what hashing each header finds, ${lanes} in a group, on any header, target and range`, () => {
        const kernel = createLaneKernel({
          name: 'interpreted',
          table: program.table,
          code: interpretProgram(program, lanes),
        });
        const starts = fc.oneof(
          fc.nat({ max: 2 ** 31 }),
          fc.integer({ min: 2 ** 16 - 20, max: 2 ** 16 + 5 }),
          fc.integer({ min: 2 ** 32 - 20, max: 2 ** 32 + 5 }),
          fc.maxSafeNat(),
        );
        fc.assert(
          fc.property(
            fc.uint8Array({ minLength: HEADER_BYTES, maxLength: HEADER_BYTES }),
            fc.bigInt({ min: TARGET_MAX >> 9n, max: TARGET_MAX }),
            starts,
            fc.integer({ min: 1, max: 40 }),
            (headerBytes, target, start, count) => {
              const targetBytes = Buffer.from(target.toString(16).padStart(64, '0'), 'hex');
              const range = { headerBytes, targetBytes, firstNonce: Math.min(start, NONCE_MAX - count + 1), count };
              assert.equal(kernel.search(range), hashKernel.search(range));
            },
          ),
          { seed: 20261122, numRuns: 40 },
        );
      });
    }
  });
}

test('code that points at everything is believed in nothing', () => {
  const { table } = createSearchProgram({ hasRotate: true, hasTernary: true });
  const code = { lanes: 4, table: new Uint32Array(table.length), search: () => 0 };
  const kernel = createLaneKernel({ name: 'gullible', table, code });
  const headerBytes = new Uint8Array(HEADER_BYTES).fill(7);
  const targetBytes = new Uint8Array(32).fill(0xff, 1);
  const range = { headerBytes, targetBytes, firstNonce: 0, count: 2000 };
  assert.equal(kernel.search(range), hashKernel.search(range));
  assert.notEqual(kernel.search(range), undefined);
});
