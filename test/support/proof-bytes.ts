/** Chain proofs as bytes, to be changed, and what is found wrong with them. */
import { assert, assertPresent } from '../../src/core/assert.ts';
import { verifyChainProof } from '../../src/core/chain-proof.ts';
import { openedRuns } from '../../src/core/chain-proof-layout.ts';
import { type ChainSource, proveChain } from '../../src/core/chain-prover.ts';
import { subtreesBetween } from '../../src/core/history-proof.ts';
import type { NetworkParams } from '../../src/core/params.ts';

/** The proof of a chain that has one. */
export function proofOf(source: ChainSource): Uint8Array {
  return assertPresent(proveChain(source), 'the tail is heavy enough');
}

/** The code of what is found wrong, with that of the header where it is about one; or `accepted`. */
export function codeOf(bytes: Uint8Array, params: NetworkParams): string {
  const proven = verifyChainProof(bytes, params);
  if (proven.ok) return 'accepted';
  const { fault } = proven;
  return fault.code === 'chain-proof-header-invalid' ? `${fault.code}: ${fault.fault.code}` : fault.code;
}

/** The drawn heights that a proof lists. */
export function listedIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: view.getUint16(101) }, (_, i) => view.getUint32(103 + 4 * i));
}

/** Where the first run begins that is not that of the genesis. */
export function firstRunAt(bytes: Uint8Array): number {
  const listed = listedIn(bytes);
  const height = new DataView(bytes.buffer, bytes.byteOffset).getUint32(33);
  const [first, second] = openedRuns([0, ...listed, height - 512]);
  assert(first !== undefined && second !== undefined, 'such a proof has more than one run');
  const gap = subtreesBetween(first.last + 1, second.first);
  return 103 + 4 * listed.length + 44 * first.last + 32 * gap.length;
}

/** With other works of the whole chain and of what is before its tail. */
export function withWorks(bytes: Uint8Array, work: bigint, sampledWork: bigint): Uint8Array {
  return replaced(replaced(bytes, 37, hex256(work)), 69, hex256(sampledWork));
}

export function replaced(bytes: Uint8Array, at: number, hex: string): Uint8Array {
  const other = bytes.slice();
  other.set(Buffer.from(hex, 'hex'), at);
  return other;
}

export function flipped(bytes: Uint8Array, at: number, bits: number): Uint8Array {
  const other = bytes.slice();
  other[at] = Number(other[at]) ^ bits;
  return other;
}

function hex256(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
