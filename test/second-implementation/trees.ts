/** Both roots of a header, straight from the definition of RFC 6962 (docs/spec/trees.md). */
import { fromHex, sha256, uint } from './bytes.ts';

function leafHash(content: Buffer): string {
  return sha256(uint(0x00n, 1), content);
}

function treeRoot(leaves: readonly string[]): string {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  const left = treeRoot(leaves.slice(0, split));
  const right = treeRoot(leaves.slice(split));
  return sha256(uint(0x01n, 1), fromHex(left), fromHex(right));
}

/** `entries` are canonical texts; `shape` is 0 for the genesis, 1 for one value, 2 for an array. */
export function dataRoot(shape: 0 | 1 | 2, entries: readonly string[]): string {
  const ids = entries.map((entry) => leafHash(Buffer.from(entry, 'utf8')));
  return sha256(uint(0x05n, 1), uint(BigInt(shape), 1), uint(BigInt(ids.length), 4), fromHex(treeRoot(ids)));
}

/** `headers` are all earlier ones from the genesis on, as hex, each with the work up to and including it. */
export function historyRoot(headers: readonly { readonly hex: string; readonly work: bigint }[]): string {
  const leaves = headers.map(({ hex, work }) => leafHash(Buffer.concat([fromHex(hex), uint(work, 32)])));
  return sha256(uint(0x04n, 1), uint(BigInt(leaves.length), 8), fromHex(treeRoot(leaves)));
}
