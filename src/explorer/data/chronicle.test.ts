import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkEvent } from '../../api/http-shapes.ts';
import { CHRONICLE_LINES, type Line, tell } from './chronicle.ts';

const added = (port: number, height: number): NetworkEvent => ({
  type: 'block-added',
  port,
  height,
  hash: `a${height}`,
  prev_hash: `a${height - 1}`,
  time: '2026-11-22T00:00:00Z',
  entries: 3,
});

function told(...events: readonly (readonly [NetworkEvent, number])[]): readonly Line[] {
  return events.reduce<readonly Line[]>((lines, [event, nowMs]) => tell(lines, event, nowMs), []);
}

describe('the chronicle', () => {
  it('tells of a block once, and how long it took to each node', () => {
    const lines = told([added(5002, 7), 100], [added(5001, 7), 140], [added(5001, 7), 150], [added(5003, 7), 220]);
    assert.deepEqual(lines, [
      {
        type: 'block',
        key: 'block a7',
        atMs: 100,
        height: 7,
        hash: 'a7',
        entries: 3,
        nodes: [
          { port: 5002, afterMs: 0 },
          { port: 5001, afterMs: 40 },
          { port: 5003, afterMs: 120 },
        ],
      },
    ]);
  });

  it('tells of a reorganisation as one', () => {
    const removed = (height: number): NetworkEvent => ({
      type: 'block-removed',
      port: 5001,
      height,
      hash: `a${height}`,
    });
    const [line] = told([removed(9), 1], [removed(8), 2], [removed(7), 3]);
    assert.deepEqual(line, { type: 'removed', key: 'removed 5001 a9', atMs: 1, port: 5001, lowest: 7, count: 3 });
  });

  it('tells of entries that come together as some, and of none twice', () => {
    const pending = (port: number, id: string): NetworkEvent => ({ type: 'entry-pending', port, id });
    const lines = told(
      [pending(5001, 'x'), 0],
      [pending(5001, 'y'), 10],
      [pending(5002, 'x'), 20],
      [pending(5002, 'z'), 9_000],
    );
    assert.deepEqual(
      lines.map((line) => (line.type === 'entries' ? line.ids : line.type)),
      [['z'], ['x', 'y']],
    );
  });

  it('keeps the latest, and is silent about what is no news', () => {
    const events = Array.from({ length: 30 }, (_, height) => [added(5001, height), height] as const);
    const lines = told(
      ...events,
      [{ type: 'peer-joined', port: 5001, id: 'p' }, 40],
      [{ type: 'node-left', port: 5001, reason: 'stopped' }, 41],
    );
    assert.equal(lines.length, CHRONICLE_LINES);
    assert.equal(lines[0]?.type, 'left');
    assert.equal(lines[1]?.type === 'block' ? lines[1].height : undefined, 29);
  });
});
