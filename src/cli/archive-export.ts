/** `cairn export --proof`: some blocks of a node's chain as an archive, judged while it is written. */

import { hexInto } from '#host';
import type { ChainProofView } from '../api/proof-shapes.ts';
import type { BlockSummary } from '../api/shapes.ts';
import { encodeArchiveFoot, encodeArchiveHead, heightsBefore } from '../core/archive.ts';
import { describeArchiveFault } from '../core/archive-account.ts';
import { ArchiveCheck, type ArchiveFault, type VerifiedArchive } from '../core/archive-check.ts';
import { readChainClaim } from '../core/chain-proof.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import { jsonValue } from '../core/json-text.ts';
import { parseHeaderProof } from '../core/proof-json.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { chainChanged, readChainParts } from './chain-source.ts';
import { answeredWithout, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { readParams } from './entry-preparation.ts';
import type { ByteSink } from './file-sink.ts';

export interface HeightRange {
  readonly from: number;
  readonly to: number;
}

export interface WrittenArchive {
  readonly blocks: number;
  readonly bytes: number;
  /** Undefined where nobody read any further. */
  readonly verified: VerifiedArchive | undefined;
}

/**
 * Writes the blocks of `range` with what proves them. What a node gives is not believed: an archive that would prove nothing is not
 * finished. Throws a `CommandError`, also where a reorganisation comes between.
 */
export async function writeArchive(
  client: ProbeClient,
  range: HeightRange,
  sink: ByteSink,
  onProgress: (blocks: number) => void,
): Promise<WrittenArchive> {
  const params = await readParams(client);
  const start = await readStart(client, range.from);
  const head = encodeArchiveHead({ params, from: range.from, to: range.to, start });
  const check = begin(head);
  let blocks = 0;
  let bytes = 0;
  const write = async (lines: readonly string[]): Promise<boolean> => {
    const text = Buffer.from(`${lines.join('\n')}\n`);
    bytes += text.length;
    return sink.write(text);
  };
  if (!(await write([head]))) return { blocks, bytes, verified: undefined };
  let last: string | undefined;
  for await (const part of readChainParts(client, range)) {
    const fault = check.takeBlocks(part.blocks);
    if (fault !== undefined) throw refuse(fault);
    if (!(await write(part.blocks))) return { blocks, bytes, verified: undefined };
    blocks += part.blocks.length;
    last = part.blocks.at(-1);
    onProgress(blocks);
  }
  const foot = await readFoot(client, lastHash(last, range.to), range.to);
  const verified = check.end(foot);
  if (!verified.ok) throw refuse(verified.fault);
  const isWhole = await write([foot]);
  return { blocks, bytes, verified: isWhole ? verified.value : undefined };
}

/** The two headers before the first block, shown below it. */
async function readStart(client: ProbeClient, from: number): Promise<HeaderProof | undefined> {
  const heights = heightsBefore(from);
  if (heights.length === 0) return undefined;
  const answer = await client.call('blocks', jsonValue({ from, limit: 1 }));
  const [first] = parseAnswer<{ readonly blocks: readonly BlockSummary[] }>(answer).blocks;
  if (first === undefined) throw chainChanged(from);
  return asHeaderProof(await askOnChain(client, from, { heights, tip: first.hash }));
}

/** The chain that the last block is on by now, and that it is. Made again while the chain goes on meanwhile. */
async function readFoot(client: ProbeClient, last: Hash, height: number): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const view = parseAnswer<ChainProofView>(await client.call('chain-proof', undefined, UNHURRIED));
    const chainProof = new Uint8Array(view.proof.length / 2);
    hexInto(view.proof, chainProof, 0);
    const claim = readChainClaim(chainProof);
    if (!claim.ok) throw refuse(claim.fault);
    const { tip } = claim.value;
    if (tip === last) return encodeArchiveFoot({ chainProof, end: { tip, headers: [], proof: [] } });
    try {
      const end = asHeaderProof(await askOnChain(client, height, { hash: last, tip }));
      return encodeArchiveFoot({ chainProof, end });
    } catch (error) {
      const isMoving = error instanceof RpcCallError && error.rpc.data.code === 'tip-not-active';
      if (!isMoving || attempt >= ATTEMPTS_MAX) throw error;
    }
  }
}

/** Throws a `CommandError` where a block that was read is no longer on the chain. */
async function askOnChain(
  client: ProbeClient,
  height: number,
  params:
    | { readonly heights: readonly number[]; readonly tip: string }
    | { readonly hash: string; readonly tip: string },
): Promise<string> {
  try {
    return await client.call('header-proof', jsonValue(params), UNHURRIED);
  } catch (error) {
    const code = error instanceof RpcCallError ? error.rpc.data.code : undefined;
    if (code === 'block-not-found' || (code === 'tip-not-active' && 'heights' in params)) throw chainChanged(height);
    throw error;
  }
}

function asHeaderProof(answer: string): HeaderProof {
  const proof = parseHeaderProof(JSON.parse(answer));
  if (proof !== undefined) return proof;
  throw answeredWithout('a header proof');
}

function lastHash(block: string | undefined, height: number): Hash {
  const hash = block === undefined ? undefined : parseHash(parseAnswer<{ readonly hash: string }>(block).hash);
  if (hash === undefined) throw chainChanged(height);
  return hash;
}

function begin(head: string): ArchiveCheck {
  const check = ArchiveCheck.begin(head);
  if (check.ok) return check.value;
  throw refuse(check.fault);
}

function refuse(fault: ArchiveFault): CommandError {
  const message = `The node gave what proves nothing, so no archive was written. ${describeArchiveFault(fault)}`;
  return new CommandError(EXIT_CODES.refused, fault.code, message);
}

/** A proof of a long chain is read from the disk, between other things. */
const UNHURRIED = { timeoutMs: Number.POSITIVE_INFINITY };
const ATTEMPTS_MAX = 3;
