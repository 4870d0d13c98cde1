import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkEvent } from '../../api/http-shapes.ts';
import type { NodeStatus } from '../../api/shapes.ts';
import { applyEvent, bestNode, type NetworkState, stateOf } from './network-state.ts';

const TIME = '2026-11-22T00:00:00Z';

/** Of a status only what the state looks at. */
function status(height: number, options: { work?: string; searching?: boolean } = {}): NodeStatus {
  const { work = String(height), searching = false } = options;
  return {
    tip: { height, hash: `a${height}`, time: TIME, work },
    length: height + 1,
    mining: { searching },
  } as unknown as NodeStatus;
}

function after(...events: readonly NetworkEvent[]): NetworkState {
  return events.reduce<NetworkState>(applyEvent, []);
}

const joined = (port: number, height: number): NetworkEvent => ({ type: 'node-joined', port, status: status(height) });
const progress = (port: number): NetworkEvent => ({
  type: 'mining-progress',
  port,
  height: 8,
  hashes: 100,
  hashes_per_second: 50,
  expected_s: 2,
  blocks_found: 0,
  kernel: null,
});

describe('what is known of the nodes', () => {
  it('begins with how all of them stand', () => {
    const nodes = [
      { port: 5001, source: 'running' as const, status: status(3) },
      { port: 5002, source: 'configured' as const, status: null },
    ];
    assert.deepEqual(
      stateOf({ nodes }).map((view) => [view.port, view.status?.tip.height]),
      [
        [5001, 3],
        [5002, undefined],
      ],
    );
  });

  it('has a node that comes in its place, and keeps one that left as one that does not answer', () => {
    const state = after(joined(5002, 1), joined(5001, 2), { type: 'node-left', port: 5002, reason: 'stopped' });
    assert.deepEqual(
      state.map((view) => [view.port, view.status?.tip.height]),
      [
        [5001, 2],
        [5002, undefined],
      ],
    );
  });

  it('has the new tip at once, and its work with the next status', () => {
    const added: NetworkEvent = {
      type: 'block-added',
      port: 5001,
      height: 8,
      hash: 'b8',
      prev_hash: 'a7',
      time: TIME,
      entries: 1,
    };
    const [view] = after(joined(5001, 7), added);
    assert.deepEqual(view?.status?.tip, { height: 8, hash: 'b8', time: TIME, work: '7' });
    assert.equal(view?.status?.length, 9);
  });

  it('has the search of a node until it found a block or stopped', () => {
    const searching: NetworkEvent = { type: 'node-status', port: 5001, status: status(7, { searching: true }) };
    const resting: NetworkEvent = { type: 'node-status', port: 5001, status: status(7) };
    assert.equal(after(joined(5001, 7), progress(5001), searching)[0]?.search?.hashesPerSecond, 50);
    assert.equal(after(joined(5001, 7), progress(5001), resting)[0]?.search, undefined);
  });

  it('takes nothing from a node that it does not know, or that is of no account here', () => {
    assert.deepEqual(after(progress(5009)), []);
    const state = after(joined(5001, 7));
    assert.equal(applyEvent(state, { type: 'peer-joined', port: 5001, id: 'x' }), state);
  });

  it('names the node with the most work, of equal ones the lowest port', () => {
    assert.equal(bestNode([]), undefined);
    assert.equal(bestNode(after(joined(5002, 9), joined(5001, 9), joined(5003, 8))), 5001);
    assert.equal(bestNode(after(joined(5001, 7), joined(5003, 100))), 5003);
    assert.equal(bestNode(after(joined(5001, 7), { type: 'node-left', port: 5001, reason: 'stopped' })), undefined);
  });
});
