/** The JSON-RPC method that tells of forks: what stands beside the active chain, and how that has changed. */
import type { Branch as BranchView, Forks } from '../api/fork-shapes.ts';
import { bitsToHex } from '../core/target.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { TreeNode } from '../protocol/block-tree.ts';
import { type Branch, findBranches } from '../protocol/branches.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ReorganisationLog } from './reorganisation-log.ts';
import { plain } from './rpc-call.ts';
import { isoTime } from './views.ts';

/** Of the headers that are in memory, which are those of the last blocks; a restart forgets what stands beside them. */
export async function answerForks({
  machine,
  reorganisations,
}: {
  readonly machine: FullNode;
  readonly reorganisations: ReorganisationLog;
}): Promise<RpcAnswer> {
  const { branches, total } = findBranches(machine.headers, {
    branchesMax: BRANCHES_MAX,
    blocksMax: BRANCH_BLOCKS_MAX,
  });
  const forks: Forks = {
    branches: branches.map(branchView),
    branches_total: total,
    reorganisations: [...reorganisations.entries],
  };
  return plain(forks);
}

function branchView({ fork, tip, length, blocks, isWhole, wasActive }: Branch): BranchView {
  const { hash, header, work } = tip.point;
  return {
    fork_height: fork.point.header.height,
    fork_hash: fork.point.hash,
    tip: { height: header.height, hash, work: work.toString() },
    status: wasActive ? 'abandoned' : isWhole ? 'stored' : 'headers-only',
    length,
    blocks: blocks.map(blockView),
  };
}

function blockView({ point, body }: TreeNode): BranchView['blocks'][number] {
  const { hash, header, work } = point;
  return {
    height: header.height,
    hash,
    prev_hash: header.previousHash,
    time: isoTime(header.timestamp),
    bits: bitsToHex(header.bits),
    work: work.toString(),
    stored: body !== 'missing',
  };
}

const BRANCHES_MAX = 64;
const BRANCH_BLOCKS_MAX = 64;
