/** Archives over small chains that are built in memory. */
import assert from 'node:assert/strict';
import { encodeArchiveFoot, encodeArchiveHead, heightsBefore } from '../../src/core/archive.ts';
import { encodeBlockJson } from '../../src/core/block-json.ts';
import { proveChain } from '../../src/core/chain-prover.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import { type HeaderProof, proveHeaders } from '../../src/core/header-proof.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import type { BuiltChain } from './chain-fixture.ts';
import { sourceOf } from './receipt-fixture.ts';

/** The lines of the archive of the blocks from height `from` to `to`, without line ends. Its start shows the heights `before`. */
export function archiveOf(
  params: NetworkParams,
  chain: BuiltChain,
  from: number,
  to: number,
  before = heightsBefore(from),
): string[] {
  const points = [genesisPoint(params), ...chain.points];
  const blocks = [createGenesis(params), ...chain.blocks];
  const source = sourceOf(points);
  const prove = (tipHeight: number, heights: readonly number[]): HeaderProof => {
    const tip = points[tipHeight]?.hash;
    assert.ok(tip !== undefined);
    const headerAt = (height: number) => ({ bytes: source.header(height), work: source.work(height) });
    return proveHeaders({ tip, tipHeight, heights, headerAt, readNode: source.node });
  };
  const start = from < 2 ? undefined : prove(from, before);
  const chainProof = proveChain(source);
  assert.ok(chainProof);
  const end = prove(source.tipHeight, to === source.tipHeight ? [] : [to]);
  return [
    encodeArchiveHead({ params, from, to, start }),
    ...blocks.slice(from, to + 1).map((block) => Buffer.from(encodeBlockJson(block)).toString()),
    encodeArchiveFoot({ chainProof, end }),
  ];
}
