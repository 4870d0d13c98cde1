/**
 * What is known of the nodes within reach, and how each event changes it. A value: whoever shows it keeps the latest.
 */
import type { NetworkEvent, Overview } from '../../api/http-shapes.ts';
import type { NodeStatus } from '../../api/shapes.ts';

/** One node, as far as this page knows. */
export interface NodeView {
  readonly port: number;
  /** What it last said of itself; null where it does not answer. */
  readonly status: NodeStatus | null;
  /** The search it is at, if it told of one after its last block. */
  readonly search: Search | undefined;
}

/** How the search for a block goes. */
export interface Search {
  readonly height: number;
  readonly hashes: number;
  readonly hashesPerSecond: number;
  readonly expectedS: number | null;
}

/** By port. */
export type NetworkState = readonly NodeView[];

export function stateOf(overview: Overview): NetworkState {
  return overview.nodes.map(({ port, status }) => ({ port, status, search: undefined }));
}

/** The state after `event`. */
export function applyEvent(state: NetworkState, event: NetworkEvent): NetworkState {
  switch (event.type) {
    case 'node-joined':
      return withNode(state, { port: event.port, status: event.status, search: undefined });
    case 'node-status':
      return withNode(state, {
        port: event.port,
        status: event.status,
        search: event.status.mining.searching ? viewOf(state, event.port)?.search : undefined,
      });
    case 'node-left':
      return withNode(state, { port: event.port, status: null, search: undefined });
    case 'block-added':
      // The status that the node sends after it has the rest: the work, what is pending.
      return withTip(state, event.port, { height: event.height, hash: event.hash, time: event.time });
    case 'mining-progress': {
      const { height, hashes, hashes_per_second: hashesPerSecond, expected_s: expectedS } = event;
      const view = viewOf(state, event.port);
      return view === undefined
        ? state
        : withNode(state, { ...view, search: { height, hashes, hashesPerSecond, expectedS } });
    }
    case 'block-removed':
    case 'entry-pending':
    case 'peer-joined':
    case 'peer-left':
      return state;
  }
}

/** The node that is asked where the visitor chose none: of those that answer one with the most work, then the lowest port. */
export function bestNode(state: NetworkState): number | undefined {
  let best: NodeView | undefined;
  for (const view of state) {
    if (view.status !== null && (best === undefined || workOf(view) > workOf(best))) best = view;
  }
  return best?.port;
}

function workOf({ status }: NodeView): bigint {
  return status === null ? -1n : BigInt(status.tip.work);
}

function viewOf(state: NetworkState, port: number): NodeView | undefined {
  return state.find((view) => view.port === port);
}

function withNode(state: NetworkState, view: NodeView): NetworkState {
  return [...state.filter(({ port }) => port !== view.port), view].sort((a, b) => a.port - b.port);
}

function withTip(state: NetworkState, port: number, tip: Omit<NodeStatus['tip'], 'work'>): NetworkState {
  const view = viewOf(state, port);
  if (view === undefined || view.status === null) return state;
  const status = { ...view.status, tip: { ...view.status.tip, ...tip }, length: tip.height + 1 };
  return withNode(state, { ...view, status, search: undefined });
}
