/**
 * Judges an archive, line by line, by every rule of docs/spec/archive.md: what it keeps meanwhile does not grow with the archive.
 *
 * The head leads to the place before the first block; from there on each block is judged as a node judges it; and the foot
 * shows that the last one is on a chain of so much work, which fixes all before it.
 */
import {
  type ArchiveFoot,
  type ArchiveHead,
  type ArchiveLineFault,
  parseArchiveFoot,
  parseArchiveHead,
} from './archive.ts';
import { assertPresent } from './assert.ts';
import { type BlockJsonFault, type ClaimedBlock, parseBlockJson } from './block-json.ts';
import { entryCount } from './body.ts';
import { type ChainProofReport, verifyChainProof } from './chain-proof.ts';
import type { ChainProofFault } from './chain-proof-walk.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import { HEADER_BYTES, type HeaderFault } from './header.ts';
import { type HeaderProofFault, verifyHeaderProof } from './header-proof.ts';
import { followHeaders } from './header-run.ts';
import { historyLeaf } from './history.ts';
import { frontierFromLeaves } from './history-proof.ts';
import { fail, ok, type Result } from './result.ts';
import { type BlockFault, type ChainPoint, genesisPoint, matchBody, validateBody } from './validation.ts';

/** What an archive proves. */
export interface VerifiedArchive {
  readonly network: string;
  readonly genesis: Hash;
  readonly from: number;
  /** The last block of the archive. */
  readonly last: ChainPoint;
  readonly blocks: number;
  readonly entries: number;
  /** The last block of the chain, as it was when the archive was made. */
  readonly tip: ChainPoint;
  /** How many blocks were on top of the archive's last by then. */
  readonly depth: number;
  /** The expected number of hash tries that those took. */
  readonly workOnTop: bigint;
  readonly chain: ChainProofReport;
}

export type ArchiveFault =
  | ArchiveLineFault
  /** A block is none, or breaks a rule. */
  | {
      readonly code: 'archive-block-invalid';
      readonly height: number;
      readonly fault: BlockJsonFault | BlockFault | HeaderFault | { readonly code: 'genesis-other' };
    }
  /** What stands before the first block is not what that block follows. */
  | { readonly code: 'archive-start-wrong'; readonly height: number }
  /** The last block is not on the chain that the foot proves. */
  | { readonly code: 'archive-end-other'; readonly tip: Hash; readonly hash: Hash }
  /** It ends where something is still missing, or goes on where nothing more belongs. */
  | { readonly code: 'archive-length-wrong'; readonly expected: number; readonly blocks: number }
  | HeaderProofFault
  | ChainProofFault;

/** An archive of which some lines have come. */
export class ArchiveCheck {
  readonly head: ArchiveHead;
  /** Undefined before the first block. */
  #last: ChainPoint | undefined;
  #blocks = 0;
  #entries = 0;

  private constructor(head: ArchiveHead) {
    this.head = head;
  }

  /** From the first line. */
  static begin(line: string): Result<ArchiveCheck, ArchiveLineFault> {
    const head = parseArchiveHead(line);
    return head.ok ? ok(new ArchiveCheck(head.value)) : head;
  }

  /** How many of its blocks have not come: after the last one comes the foot. */
  get blocksLeft(): number {
    return this.head.to + 1 - this.head.from - this.#blocks;
  }

  /** Judges the blocks that come next. After a fault nothing more can be judged. */
  takeBlocks(lines: readonly string[]): ArchiveFault | undefined {
    const run: ClaimedBlock[] = [];
    if (lines.length > this.blocksLeft) return this.#lengthFault(this.#blocks + lines.length);
    for (const line of lines) {
      const claimed = parseBlockJson(line, this.head.params);
      // What is wrong with a block before it comes first.
      if (!claimed.ok) return this.#judge(run) ?? this.#blockFault(claimed.fault);
      run.push(claimed.value);
    }
    return this.#judge(run);
  }

  /** Judges the last line. */
  end(line: string): Result<VerifiedArchive, ArchiveFault> {
    if (this.blocksLeft > 0) return fail(this.#lengthFault(this.#blocks));
    const last = assertPresent(this.#last, 'an archive has one block at least');
    const foot = parseArchiveFoot(line);
    if (!foot.ok) return foot;
    const { params, from } = this.head;
    const chain = verifyChainProof(foot.value.chainProof, params);
    if (!chain.ok) return chain;
    const { tip, report } = chain.value;
    const fault = checkEnd(foot.value, last, tip);
    if (fault !== undefined) return fail(fault);
    return ok({
      network: params.name,
      genesis: genesisHash(params),
      from,
      last,
      blocks: this.#blocks,
      entries: this.#entries,
      tip,
      depth: tip.header.height - last.header.height,
      workOnTop: tip.work - last.work,
      chain: report,
    });
  }

  #judge(run: readonly ClaimedBlock[]): ArchiveFault | undefined {
    const [first] = run;
    if (first === undefined) return undefined;
    if (this.#last === undefined && this.head.from === 0) return this.#judgeFromGenesis(first, run.slice(1));
    const parent = this.#last === undefined ? placeBefore(this.head, first) : ok(this.#last);
    if (!parent.ok) return parent.fault;
    const headers = new Uint8Array(HEADER_BYTES * run.length);
    for (const [i, { bytes }] of run.entries()) headers.set(bytes, HEADER_BYTES * i);
    const followed = followHeaders(headers, parent.value, this.head.params);
    for (const [i, { header, hash, bodyBytes }] of run.entries()) {
      if (i === followed.count) return this.#blockFault(assertPresent(followed.fault, 'a run ends early for a reason'));
      const block = validateBody({ header, hash }, bodyBytes, this.head.params);
      if (!block.ok) return this.#blockFault(block.fault);
      this.#blocks++;
      this.#entries += entryCount(block.value.body);
    }
    this.#last = followed.last;
    return undefined;
  }

  /** The genesis is fixed, and is no entry. */
  #judgeFromGenesis(first: ClaimedBlock, rest: readonly ClaimedBlock[]): ArchiveFault | undefined {
    const { params } = this.head;
    const isGenesis = first.hash === genesisHash(params) && matchBody(first, first.bodyBytes, params).ok;
    if (!isGenesis) return this.#blockFault({ code: 'genesis-other' });
    this.#blocks++;
    this.#last = genesisPoint(params);
    return this.#judge(rest);
  }

  #blockFault(fault: Extract<ArchiveFault, { code: 'archive-block-invalid' }>['fault']): ArchiveFault {
    return { code: 'archive-block-invalid', height: this.head.from + this.#blocks, fault };
  }

  #lengthFault(blocks: number): ArchiveFault {
    return { code: 'archive-length-wrong', expected: this.head.to + 1 - this.head.from, blocks };
  }
}

/** The place before the first block, as the head shows it. It is what the first block's own header commits to. */
function placeBefore(head: ArchiveHead, first: ClaimedBlock): Result<ChainPoint, ArchiveFault> {
  const { params, from, start } = head;
  const wrong = fail({ code: 'archive-start-wrong', height: from } as const);
  if (start === undefined) return ok(genesisPoint(params));
  if (first.header.height !== from) return wrong;
  const shown = verifyHeaderProof(start, first.header);
  if (!shown.ok) return shown;
  // Headers that are shown rise, and are below the first block: there is no third.
  const [before, parent] = shown.value;
  if (before?.header.height !== from - 2 || parent?.header.height !== from - 1) return wrong;
  const history = frontierFromLeaves({
    count: from,
    leaves: [before, parent].map(({ header, bytes, work }) => ({
      index: header.height,
      leaf: historyLeaf(bytes, work),
    })),
    proof: start.proof,
  });
  const { hash, header, work } = parent;
  return ok({
    hash,
    header,
    work,
    history: assertPresent(history, 'a proof that leads to a root leads to its frontier'),
    parentTimestamp: before.header.timestamp,
  });
}

/** Whether `last` is the tip, or what the foot shows below it. */
function checkEnd({ end }: ArchiveFoot, last: ChainPoint, tip: ChainPoint): ArchiveFault | undefined {
  const shown = verifyHeaderProof(end, tip.header);
  if (!shown.ok) return shown.fault;
  const [header = tip] = shown.value;
  const isOnChain = shown.value.length <= 1 && header.hash === last.hash && header.work === last.work;
  return isOnChain ? undefined : { code: 'archive-end-other', tip: tip.hash, hash: last.hash };
}
