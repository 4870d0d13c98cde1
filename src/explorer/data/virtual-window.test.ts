import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VirtualWindow } from './virtual-window.ts';

const SETTINGS = { seed: 20261122, numRuns: 300 };

function windowOf(rows: number): VirtualWindow {
  const view = new VirtualWindow();
  view.resize({ rows, rowHeight: 48, viewport: 600 });
  return view;
}

/** What a browser does with the scroll bar: it goes no further than the element is high. */
function clamp(view: VirtualWindow, scrollTop: number): number {
  return Math.max(0, Math.min(scrollTop, view.scrollHeight - 600));
}

describe('a list that fits', () => {
  it('is scrolled as any other', () => {
    const view = windowOf(1_000);
    assert.equal(view.scrollHeight, 48_000);
    view.scrolled(4_800);
    assert.deepEqual(view.drawn()[0], { index: 100, y: 0 });
    view.scrolled(4_810);
    assert.deepEqual(view.drawn()[0], { index: 100, y: -10 });
    assert.equal(view.drawn().length, 13);
  });
});

describe('a list of a million rows', () => {
  it('is no higher than browsers draw', () => {
    assert.equal(windowOf(1_000_000).scrollHeight, 10_000_000);
  });

  it('moves by as much as the finger does, wherever it is', () => {
    const view = windowOf(1_000_000);
    view.scrolled(5_000_000);
    const before = view.top;
    view.scrolled(5_000_120);
    assert.equal(view.top, before + 120);
  });

  it('is seen from its first row to its last', () => {
    const view = windowOf(1_000_000);
    view.scrolled(clamp(view, 1e9));
    assert.equal(view.drawn().at(-1)?.index, 999_999);
    view.scrolled(0);
    assert.equal(view.drawn()[0]?.index, 0);
  });

  it('is dragged to where the bar stands', () => {
    const view = windowOf(1_000_000);
    view.scrolled((10_000_000 - 600) / 2);
    assert.equal(Math.round((view.drawn()[0]?.index ?? 0) / 1_000), 500);
  });

  it('has its bar put right at rest, without moving', () => {
    const view = windowOf(1_000_000);
    view.scrolled(5_000_000);
    for (let step = 1; step <= 100; step++) view.scrolled(5_000_000 + step * 500);
    const before = view.top;
    const settled = view.settle();
    assert.equal(view.top, before);
    view.scrolled(settled);
    assert.equal(view.top, before);
  });

  it('draws only rows that it has, and fills what is seen, however it is moved', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('by' as const), px: fc.integer({ min: -2_000, max: 2_000 }) }),
      fc.record({ type: fc.constant('to' as const), px: fc.integer({ min: 0, max: 10_000_000 }) }),
      fc.record({ type: fc.constant('reveal' as const), px: fc.integer({ min: 0, max: 999_999 }) }),
      fc.record({ type: fc.constant('add' as const), px: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ type: fc.constant('settle' as const), px: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 13, max: 1_000_000 }), fc.array(step, { maxLength: 40 }), (count, steps) => {
        let rows = count;
        let scrollTop = 0;
        const view = windowOf(rows);
        for (const { type, px } of steps) {
          if (type === 'by' || type === 'to') {
            scrollTop = clamp(view, type === 'by' ? scrollTop + px : px);
            view.scrolled(scrollTop);
          } else if (type === 'reveal') {
            view.reveal(px % rows);
            assert.ok(view.drawn().some(({ index }) => index === px % rows));
          } else if (type === 'add') {
            rows += px;
            view.rowsAdded(px);
            view.resize({ rows, rowHeight: 48, viewport: 600 });
          } else {
            scrollTop = view.settle();
            assert.ok(scrollTop >= 0 && scrollTop <= view.scrollHeight - 600 + 1e-6);
          }
          const drawn = view.drawn();
          assert.ok((drawn[0]?.y ?? 1) <= 0 && (drawn.at(-1)?.y ?? 0) + 48 >= 600);
          assert.ok((drawn[0]?.index ?? -1) >= 0 && (drawn.at(-1)?.index ?? rows) < rows);
        }
      }),
      SETTINGS,
    );
  });
});

it('rows that come in above leave what is seen in its place, and are seen at once from the top', () => {
  const view = windowOf(1_000);
  view.scrolled(480);
  view.rowsAdded(2);
  view.resize({ rows: 1_002, rowHeight: 48, viewport: 600 });
  assert.deepEqual(view.drawn()[0], { index: 12, y: 0 });
  const atTop = windowOf(1_000);
  atTop.rowsAdded(2);
  assert.deepEqual(atTop.drawn()[0], { index: 0, y: 0 });
});

it('a row that is asked for at the top is the first, and one that is seen stays where it is', () => {
  const view = windowOf(1_000);
  view.reveal(500, 'top');
  assert.deepEqual(view.drawn()[0], { index: 500, y: 0 });
  view.reveal(505);
  assert.deepEqual(view.drawn()[0], { index: 500, y: 0 });
  view.reveal(512);
  assert.deepEqual(view.drawn().at(-1), { index: 512, y: 552 });
});
