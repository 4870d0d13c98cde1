/** Whether the nodes have the same chain, in plain words. */
import { countOf, formatCount, listOf } from './format.ts';
import type { NetworkState, NodeView } from './network-state.ts';

/** How a node's tip stands to the tip with the most work. `apart`: it cannot be told whether it is behind or on a branch. */
export type Standing =
  | { readonly type: 'leads' }
  | { readonly type: 'behind'; readonly blocks: number }
  | { readonly type: 'branch' }
  | { readonly type: 'apart' }
  | { readonly type: 'silent' };

export interface Agreement {
  readonly kind: 'none' | 'silent' | 'alone' | 'agree' | 'catching-up' | 'disagree';
  /** A few words. */
  readonly title: string;
  /** A sentence or two. */
  readonly text: string;
  /** Of each node, by port. */
  readonly standings: ReadonlyMap<number, Standing>;
}

/** Whether a block is on the best chain; undefined where that is not known. */
export type IsOnBest = (place: { readonly height: number; readonly hash: string }) => boolean | undefined;

export function agreementOf(nodes: NetworkState, isOnBest: IsOnBest): Agreement {
  const best = bestOf(nodes);
  const standings = new Map(nodes.map((view) => [view.port, standingOf(view, best, isOnBest)]));
  const ports = (...types: Standing['type'][]) =>
    nodes.map(({ port }) => port).filter((port) => types.includes(standings.get(port)?.type ?? 'silent'));
  const answering = nodes.length - ports('silent').length;
  const said = (kind: Agreement['kind'], title: string, text: string): Agreement => ({ kind, title, text, standings });

  if (nodes.length === 0) return said('none', 'No node is running', 'Start one, and it appears here.');
  if (best?.status == null) {
    return said(
      'silent',
      'No node answers',
      `${nodesNamed(nodes.map(({ port }) => port))} cannot be reached just now.`,
    );
  }
  const { tip, length } = best.status;
  const silent =
    ports('silent').length === 0
      ? ''
      : ` ${nodesNamed(ports('silent'))} does not answer.`.replace(/(and \d+) does/, '$1 do');
  const blocks = `${countOf(length, 'block')}, up to block ${formatCount(tip.height)}`;
  if (answering === 1) return said('alone', `${nodeNamed(best.port)} is on its own`, `It has ${blocks}.${silent}`);
  const leaders = ports('leads');
  if (leaders.length === answering) {
    return said(
      'agree',
      answering === 2 ? 'Both nodes agree' : `All ${answering} nodes agree`,
      `They have the same ${blocks}.${silent}`,
    );
  }
  const apart = ports('branch', 'apart');
  const behind = ports('behind');
  const late =
    behind.length === 0
      ? ''
      : ` ${nodesNamed(behind)} ${behind.length === 1 ? 'has' : 'have'} yet to fetch the latest blocks.`;
  if (apart.length === 0) {
    return said(
      'catching-up',
      `${leaders.length} of ${answering} nodes have the latest block`,
      `${nodesNamed(leaders)} ${leaders.length === 1 ? 'has' : 'have'} ${blocks}.${late}${silent}`,
    );
  }
  const branch = `${nodesNamed(apart)} ${apart.length === 1 ? 'is on another branch' : 'are on other branches'} and will change over once ${apart.length === 1 ? 'it hears' : 'they hear'} of the better one.`;
  return said(
    'disagree',
    'The nodes disagree',
    `${nodesNamed(leaders)} ${leaders.length === 1 ? 'has' : 'have'} the chain with the most work, ${blocks}. ${branch}${late}${silent}`,
  );
}

function standingOf({ status }: NodeView, best: NodeView | undefined, isOnBest: IsOnBest): Standing {
  if (status === null || best?.status == null) return { type: 'silent' };
  const leader = best.status.tip;
  if (status.tip.hash === leader.hash) return { type: 'leads' };
  const behind: Standing = { type: 'behind', blocks: Math.max(1, leader.height - status.tip.height) };
  const isOn = isOnBest(status.tip);
  if (isOn !== undefined) return isOn ? behind : { type: 'branch' };
  return status.sync.behind > 0 || leader.height - status.tip.height > FAR_BEHIND ? behind : { type: 'apart' };
}

/** With the most work, then the highest, since an event tells of a new tip before its work is known, then the lowest hash. */
function bestOf(nodes: NetworkState): NodeView | undefined {
  const rank = ({ status }: NodeView) => (status === null ? -1n : BigInt(status.tip.work));
  const height = ({ status }: NodeView) => status?.tip.height ?? -1;
  const hash = ({ status }: NodeView) => status?.tip.hash ?? '';
  return nodes.reduce<NodeView | undefined>((best, view) => {
    if (view.status === null) return best;
    if (best === undefined || rank(view) > rank(best)) return view;
    if (rank(view) < rank(best) || height(view) < height(best)) return best;
    return height(view) > height(best) || hash(view) < hash(best) ? view : best;
  }, undefined);
}

function nodeNamed(port: number): string {
  return `Node ${port}`;
}

function nodesNamed(ports: readonly number[]): string {
  return ports.length === 1 ? nodeNamed(ports[0] ?? 0) : `Nodes ${listOf(ports)}`;
}

/** More blocks than a branch is likely to be long: a node that far down has them still to fetch. */
const FAR_BEHIND = 24;
