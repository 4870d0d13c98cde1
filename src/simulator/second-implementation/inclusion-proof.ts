/**
 * A slow judge of inclusion proofs (docs/spec/inclusion-proof.md), from their JSON form. What is wrong with one is told as the number
 * of the rule that it breaks.
 */
import { fromHex, sha256 } from './bytes.ts';
import { type RawHeader, readHeader } from './header.ts';
import { countedDataRoot, countedHistoryRoot, historyLeaf, leftCount, nodeHash } from './trees.ts';

export interface HeaderProofText {
  readonly tip: string;
  readonly headers: string;
  readonly works: readonly string[];
  readonly proof: string;
}

export interface EntryProofText {
  readonly id: string;
  readonly index: number;
  readonly count: number;
  readonly shape: string;
  readonly path: string;
  readonly block: HeaderProofText;
}

export interface ShownHeader {
  readonly header: RawHeader;
  readonly hash: string;
  readonly work: bigint;
}

/** `tip` is the header that the verifier knows, in hex. */
export function judgeHeaderProof(proof: HeaderProofText, tip: string): readonly ShownHeader[] | string {
  if (sha256(fromHex(tip)) !== proof.tip) return 'I1';
  const count = Number(heightOf(tip));
  const leaves = new Map<number, string>();
  const shown: ShownHeader[] = [];
  for (const [i, hex] of cut(proof.headers, 236).entries()) {
    const header = readHeader(hex);
    const work = BigInt(proof.works[i] ?? '-1');
    const before = shown.at(-1)?.header.height ?? -1n;
    if (header === undefined || header.height <= before || header.height >= BigInt(count)) return 'I1';
    if (work < 0n || work >= 2n ** 256n) return 'I1';
    leaves.set(Number(header.height), historyLeaf(hex, work));
    shown.push({ header, hash: sha256(fromHex(hex)), work });
  }
  const hashes = cut(proof.proof, 64);
  if (shown.length === 0) return hashes.length === 0 ? [] : 'I3';
  const root = rootOf({ first: 0, count }, leaves, hashes);
  if (root === undefined || hashes.length > 0) return 'I3';
  return countedHistoryRoot(count, root) === readHeader(tip)?.historyRoot ? shown : 'I2';
}

/** The height of the block in which the entry was shown to be. */
export function judgeEntryProof(proof: EntryProofText, tip: string): bigint | string {
  const { id, index, count, shape, block } = proof;
  const shown = judgeHeaderProof(block, tip);
  if (typeof shown === 'string') return shown;
  if (shown.length > 1) return 'I5';
  const header = shown[0]?.header ?? readHeader(tip);
  const hashes = cut(proof.path, 64);
  if (header === undefined || index >= count || count >= 2 ** 32) return 'I6';
  const root = rootOf({ first: 0, count }, new Map([[index, id]]), hashes);
  if (root === undefined || hashes.length > 0) return 'I6';
  return countedDataRoot(shape === 'single' ? 1 : 2, count, root) === header.dataRoot ? header.height : 'I6';
}

/** The root over some leaves, of which a few are known and `hashes` stand for the rest: taken from the front as I3 says. */
function rootOf(
  range: { readonly first: number; readonly count: number },
  leaves: ReadonlyMap<number, string>,
  hashes: string[],
): string | undefined {
  const { first, count } = range;
  const isKnown = (from: number, size: number) =>
    [...leaves.keys()].some((index) => index >= from && index < from + size);
  if (!isKnown(first, count)) return hashes.shift();
  if (count === 1) return leaves.get(first);
  const split = leftCount(count);
  const left = { first, count: split };
  const right = { first: first + split, count: count - split };
  const isLeftLast = !isKnown(left.first, left.count);
  const early = rootOf(isLeftLast ? right : left, leaves, hashes);
  const late = rootOf(isLeftLast ? left : right, leaves, hashes);
  if (early === undefined || late === undefined) return undefined;
  return isLeftLast ? nodeHash(late, early) : nodeHash(early, late);
}

function heightOf(hex: string): bigint {
  return readHeader(hex)?.height ?? 0n;
}

function cut(text: string, digits: number): string[] {
  return text.match(new RegExp(`.{1,${digits}}`, 'g')) ?? [];
}
