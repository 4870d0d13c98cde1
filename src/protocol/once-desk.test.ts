import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, entryOf } from '../../test/support/entry-fixture.ts';
import { FOUND_AT_ONCE_MAX } from './limits.ts';
import { OnceDesk } from './once-desk.ts';

const PLACE = { height: 1, hash: entryOf('"block"').id, index: 0 };

test('one question is about as many submissions as it takes, in the order of their coming, and about one at least', () => {
  const desk = new OnceDesk();
  const sizes = [FOUND_AT_ONCE_MAX + 1, FOUND_AT_ONCE_MAX - 1, 1, 1];
  for (const [request, size] of sizes.entries()) desk.add({ request, entries: entriesOf(`${request}`, size) });
  const asked: number[][] = [];
  while (desk.isWaiting) {
    const effect = desk.ask();
    assert.ok(desk.isAsking && effect.type === 'find-entries');
    const { submissions, places } = desk.answered(effect.ids.map((_, i) => (i === 0 ? PLACE : undefined)));
    asked.push(submissions.map(({ request }) => request));
    assert.deepEqual([...places], [[effect.ids[0], PLACE]]);
    assert.ok(!desk.isAsking);
  }
  assert.deepEqual(asked, [[0], [1, 2], [3]]);
});

test('those that have brought something into the pool are not given up with the others', () => {
  const desk = new OnceDesk();
  const [one, two] = [entryOf('1'), entryOf('2')];
  desk.add({ request: 1, entries: [one] });
  desk.add({ request: 2, entries: [two], taken: new Set() });
  assert.deepEqual(
    desk.dismiss().map(({ request }) => request),
    [1],
  );
  const effect = desk.ask();
  assert.deepEqual(effect.type === 'find-entries' && effect.ids, [two.id]);
  assert.ok(!desk.isWaiting);
});
