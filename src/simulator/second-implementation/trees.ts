/** Both roots of a header, straight from the definition of RFC 6962 (docs/spec/trees.md). */
import { fromHex, sha256, uint } from './bytes.ts';

export function leafHash(content: Buffer): string {
  return sha256(uint(0x00n, 1), content);
}

export function nodeHash(left: string, right: string): string {
  return sha256(uint(0x01n, 1), fromHex(left), fromHex(right));
}

/** How many of `count` leaves, at least two, stand to the left: the largest power of two below. */
export function leftCount(count: number): number {
  let split = 1;
  while (2 * split < count) split *= 2;
  return split;
}

function treeRoot(leaves: readonly string[]): string {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  const split = leftCount(leaves.length);
  return nodeHash(treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

/** `entries` are canonical texts; `shape` is 0 for the genesis, 1 for one value, 2 for an array. */
export function dataRoot(shape: 0 | 1 | 2, entries: readonly string[]): string {
  return dataRootOfIds(
    shape,
    entries.map((entry) => leafHash(Buffer.from(entry, 'utf8'))),
  );
}

export function dataRootOfIds(shape: 0 | 1 | 2, ids: readonly string[]): string {
  return countedDataRoot(shape, ids.length, treeRoot(ids));
}

export function countedDataRoot(shape: 0 | 1 | 2, count: number, root: string): string {
  return sha256(uint(0x05n, 1), uint(BigInt(shape), 1), uint(BigInt(count), 4), fromHex(root));
}

/** `hex` is a header; `work` that of its chain up to and including it. */
export function historyLeaf(hex: string, work: bigint): string {
  return leafHash(Buffer.concat([fromHex(hex), uint(work, 32)]));
}

export function countedHistoryRoot(count: number, root: string): string {
  return sha256(uint(0x04n, 1), uint(BigInt(count), 8), fromHex(root));
}

/** `headers` are all earlier ones from the genesis on, as hex, each with the work up to and including it. */
export function historyRoot(headers: readonly { readonly hex: string; readonly work: bigint }[]): string {
  return countedHistoryRoot(headers.length, treeRoot(headers.map(({ hex, work }) => historyLeaf(hex, work))));
}
