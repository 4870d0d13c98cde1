/**
 * How a chain and the branches beside it are drawn: one line for each block, the highest first, the chain in the first
 * lane and each branch in one further out. Where nothing forks, lines are left out.
 */
import type { Branch } from '../../api/fork-shapes.ts';

/** A block as it is drawn, on the chain or beside it. */
export interface DrawnBlock {
  readonly height: number;
  readonly hash: string;
  readonly prev_hash: string;
  readonly time: string;
}

export type ForkLine =
  | {
      readonly type: 'block';
      readonly lane: number;
      readonly block: DrawnBlock;
      /** Undefined on the chain. */
      readonly branch: Branch | undefined;
      /** Whether there is another block of its height to be seen. */
      readonly isContested: boolean;
    }
  /** So many blocks of the chain that are not shown. */
  | { readonly type: 'gap'; readonly count: number };

/** A line from a block down to the one it was built on. Places are indexes of lines. */
export interface ForkEdge {
  readonly from: { readonly line: number; readonly lane: number };
  readonly to: { readonly line: number; readonly lane: number };
  readonly isWinning: boolean;
  /** Whether blocks are left out between the two. */
  readonly isCut: boolean;
}

export interface ForkPicture {
  readonly lines: readonly ForkLine[];
  readonly edges: readonly ForkEdge[];
  readonly lanes: number;
}

/** The heights of the chain that the picture shows, highest first: around each fork, and the tip. */
export function heightsToShow(branches: readonly Branch[], tipHeight: number): number[] {
  const heights = new Set<number>();
  const add = (lowest: number, highest: number) => {
    for (let height = Math.max(0, lowest); height <= Math.min(highest, tipHeight); height++) heights.add(height);
  };
  add(tipHeight - 1, tipHeight);
  for (const branch of branches) {
    add(branch.fork_height, branch.fork_height + 1);
    for (const block of shownOf(branch)) add(block.height, block.height);
    add(branch.tip.height, branch.tip.height + 1);
  }
  return [...heights].sort((a, b) => b - a);
}

/** The picture of `branches` beside the chain, of which `chainAt` knows those blocks that have come. */
export function layoutForks(
  branches: readonly Branch[],
  tipHeight: number,
  chainAt: (height: number) => DrawnBlock | undefined,
): ForkPicture {
  const drawn = new Map<
    string,
    { readonly block: DrawnBlock; readonly lane: number; readonly branch: Branch | undefined }
  >();
  for (const height of heightsToShow(branches, tipHeight)) {
    const block = chainAt(height);
    if (block !== undefined) drawn.set(block.hash, { block, lane: 0, branch: undefined });
  }
  const laneOf = assignLanes(branches);
  // Branches of one branch share its lower blocks, which are of the one with the most work.
  for (const branch of branches) {
    for (const block of shownOf(branch)) {
      if (!drawn.has(block.hash)) drawn.set(block.hash, { block, lane: laneOf.get(branch) ?? 1, branch });
    }
  }
  const ordered = [...drawn.values()].sort((a, b) => b.block.height - a.block.height || a.lane - b.lane);
  const counts = new Map<number, number>();
  for (const { block } of ordered) counts.set(block.height, (counts.get(block.height) ?? 0) + 1);

  const lines: ForkLine[] = [];
  const placeOf = new Map<string, { readonly line: number; readonly lane: number }>();
  let height = tipHeight;
  for (const { block, lane, branch } of ordered) {
    if (height - block.height > 1) lines.push({ type: 'gap', count: height - block.height - 1 });
    height = block.height;
    placeOf.set(block.hash, { line: lines.length, lane });
    lines.push({ type: 'block', lane, block, branch, isContested: (counts.get(block.height) ?? 0) > 1 });
  }
  const lanes = 1 + Math.max(0, ...lines.map((line) => (line.type === 'block' ? line.lane : 0)));
  return { lines, edges: edgesOf(lines, placeOf), lanes };
}

function edgesOf(
  lines: readonly ForkLine[],
  placeOf: ReadonlyMap<string, { readonly line: number; readonly lane: number }>,
): ForkEdge[] {
  const edges: ForkEdge[] = [];
  for (const [line, drawn] of lines.entries()) {
    if (drawn.type === 'gap') continue;
    const { lane, branch, block } = drawn;
    const parent = placeOf.get(block.prev_hash);
    const below = parent ?? nextBelow(lines, line, branch);
    if (below !== undefined) {
      edges.push({ from: { line, lane }, to: below, isWinning: branch === undefined, isCut: parent === undefined });
    }
  }
  return edges;
}

/** Where the line goes on of a block whose parent is left out: the next one of its branch, or of the chain below it. */
function nextBelow(lines: readonly ForkLine[], from: number, branch: Branch | undefined): ForkEdge['to'] | undefined {
  const find = (isIt: (line: ForkLine & { type: 'block' }) => boolean) => {
    const line = lines.findIndex((each, index) => index > from && each.type === 'block' && isIt(each));
    const found = lines[line];
    return found?.type === 'block' ? { line, lane: found.lane } : undefined;
  };
  if (branch === undefined) return find((line) => line.branch === undefined);
  return (
    find((line) => line.branch === branch) ??
    find((line) => line.branch === undefined && line.block.height <= branch.fork_height)
  );
}

/** The first lane that is free all along, for each; those with the most work come first and stand nearest to the chain. */
function assignLanes(branches: readonly Branch[]): ReadonlyMap<Branch, number> {
  const taken: { readonly lane: number; readonly low: number; readonly high: number }[] = [];
  const lanes = new Map<Branch, number>();
  for (const branch of branches) {
    const low = branch.fork_height;
    const high = branch.tip.height;
    let lane = 1;
    while (taken.some((other) => other.lane === lane && other.low < high && low < other.high)) lane += 1;
    taken.push({ lane, low, high });
    lanes.set(branch, lane);
  }
  return lanes;
}

/** Of a long branch its two ends. */
function shownOf({ blocks }: Branch): readonly DrawnBlock[] {
  return blocks.length <= 2 * END_BLOCKS + 1 ? blocks : [...blocks.slice(0, END_BLOCKS), ...blocks.slice(-END_BLOCKS)];
}

const END_BLOCKS = 4;
