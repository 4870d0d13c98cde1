import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuthorChain, type AuthorReport, type AuthorStep, findConflict } from './author-chain.ts';
import { type Hash, hashBytes } from './hash.ts';

const statement = (name: string | number) => hashBytes(Buffer.from(String(name)));

/** The statement of the number `sequence` by an author who keeps to the rules. */
function step(sequence: number): AuthorStep {
  return { sequence, previous: sequence === 0 ? undefined : statement(sequence - 1), statement: statement(sequence) };
}

function reportOf(steps: readonly AuthorStep[]): AuthorReport {
  const chain = new AuthorChain();
  for (const one of steps) chain.add(one);
  return chain.report();
}

const CLEAN = { missing: 0, gaps: [], conflictCount: 0, conflicts: [] };

test('nothing of an author is a record without a last number', () => {
  assert.deepEqual(reportOf([]), { count: 0, last: undefined, ...CLEAN });
});

test('a record in any order, some of it twice, is complete', () => {
  const order = fc.shuffledSubarray(
    Array.from({ length: 24 }, (_, i) => i % 12),
    { minLength: 24 },
  );
  fc.assert(
    fc.property(order, (sequences) => {
      assert.deepEqual(reportOf(sequences.map(step)), { count: 12, last: 11, ...CLEAN });
    }),
    { seed: 20_261_122, numRuns: 100 },
  );
});

test('numbers without a statement are told as stretches, whatever comes first', () => {
  for (const sequences of [
    [2, 3, 6],
    [6, 3, 2],
  ]) {
    const { missing, gaps, conflictCount } = reportOf(sequences.map(step));
    assert.deepEqual([missing, conflictCount], [4, 0]);
    assert.deepEqual(gaps, [
      { from: 0, to: 1 },
      { from: 4, to: 5 },
    ]);
  }
});

test('the highest number there is makes one gap', () => {
  const { missing, gaps } = reportOf([{ ...step(5), sequence: Number.MAX_SAFE_INTEGER }]);
  assert.deepEqual(gaps, [{ from: 0, to: Number.MAX_SAFE_INTEGER - 1 }]);
  assert.equal(missing, Number.MAX_SAFE_INTEGER);
});

test('of more gaps than are told all are counted', () => {
  const { missing, gaps } = reportOf(Array.from({ length: 300 }, (_, i) => step(2 * i + 1)));
  assert.deepEqual([missing, gaps.length], [300, 100]);
});

test('two statements of one number are in conflict, once, however often they are met', () => {
  const other = { ...step(3), statement: statement('another third') };
  const { count, conflicts, conflictCount, missing } = reportOf(
    [0, 1, 2, 3, 4].map(step).concat(other, other, step(3)),
  );
  assert.deepEqual([count, missing, conflictCount], [6, 0, 1]);
  const expected = { kind: 'sequence-twice', sequence: 3, earlier: statement(3), later: statement('another third') };
  assert.deepEqual(conflicts, [expected]);
});

test('a statement that names another than the one before it is in conflict with that, whichever comes first', () => {
  const strange = { ...step(3), previous: statement('nothing that is here') };
  const expected = { kind: 'previous-other', sequence: 3, earlier: statement(2), later: statement(3) };
  for (const steps of [
    [step(2), strange],
    [strange, step(2)],
  ]) {
    assert.deepEqual(reportOf([step(0), step(1), ...steps]).conflicts, [expected]);
  }
});

test('a statement after the first that names none before it is in conflict with the one below it', () => {
  // The profile of a proof refuses it; nobody should come to think it complete who skips that.
  const chain = new AuthorChain();
  chain.add({ sequence: 1, previous: undefined, statement: statement(1) });
  chain.add(step(0));
  assert.equal(chain.report().conflictCount, 1);
});

test('of more conflicts than are told all are counted', () => {
  const steps = Array.from({ length: 150 }, (_, i) => ({ ...step(0), statement: statement(`first ${i}`) }));
  const { conflicts, conflictCount, count } = reportOf(steps);
  assert.deepEqual([conflicts.length, conflictCount, count], [100, 149, 150]);
});

test('conflicts of any statements in any order are those that every pair has, where no number is given twice', () => {
  const steps = fc.uniqueArray(
    fc.record({ sequence: fc.nat(9), previous: fc.nat(9), name: fc.nat(4) }).map(
      ({ sequence, previous, name }): AuthorStep => ({
        sequence,
        previous: sequence === 0 ? undefined : statement(`${sequence - 1} ${previous % 3}`),
        statement: statement(`${sequence} ${name % 3}`),
      }),
    ),
    { selector: ({ sequence }) => sequence, maxLength: 10 },
  );
  fc.assert(
    fc.property(steps, (some) => {
      const pairs = some.flatMap((one, i) => some.slice(i + 1).map((other) => findConflict(one, other)));
      const expected = pairs.filter((conflict) => conflict !== undefined);
      const bySequence = (a: { readonly sequence: number }, b: { readonly sequence: number }) =>
        a.sequence - b.sequence;
      assert.deepEqual(reportOf(some).conflicts.toSorted(bySequence), expected.toSorted(bySequence));
    }),
    { seed: 20_261_122, numRuns: 300 },
  );
});

for (const [claim, one, other, kind] of [
  ['two that follow each other', step(4), step(5), undefined],
  ['a statement and itself', step(4), step(4), undefined],
  ['two with a number between them', step(4), step(6), undefined],
  ['two of one number', step(4), { ...step(4), statement: statement('x') }, 'sequence-twice'],
  [
    'two of one number and one predecessor that differ',
    step(0),
    { ...step(0), statement: statement('x') },
    'sequence-twice',
  ],
  ['one that follows another', step(4), { ...step(5), previous: statement('x') as Hash }, 'previous-other'],
] as const) {
  test(`${claim}: ${kind ?? 'no conflict'}, in either order`, () => {
    assert.equal(findConflict(one, other)?.kind, kind);
    assert.deepEqual(findConflict(other, one)?.kind, kind);
  });
}
