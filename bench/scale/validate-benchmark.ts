/** How fast a node checks its whole chain again, as against the hashing alone that this takes at least. */
import { sha256Hex } from '#host';
import { HEADER_BYTES } from '../../src/core/header.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { MeteredNode, meterFigures } from '../metered-node.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS, type ScaleChain, scaleBody } from './scale-chain.ts';

export async function validate(world: BenchWorld): Promise<Measurement> {
  const figures: Figure[] = [];
  for (const [chain, expectedShare] of [
    [await world.singles(), 0.06],
    [await world.batches(), 0.06],
  ] as const) {
    figures.push(...(await validateChain(world, chain, expectedShare)));
  }
  return { name: 'validate a whole stored chain', figures };
}

async function validateChain(world: BenchWorld, chain: ScaleChain, expectedShare: number): Promise<Figure[]> {
  const node = await MeteredNode.start({
    home: world.newFolder(),
    params: SCALE_PARAMS,
    dataFolder: chain.folder,
    withMiner: world.sizes.awaitsMiners,
  });
  await node.reset();
  const startMs = performance.now();
  const verdict = JSON.parse(await node.call('validate'));
  const seconds = (performance.now() - startMs) / 1000;
  if (verdict.valid !== true) throw new Error(`The chain is not valid: ${JSON.stringify(verdict)}`);
  const meter = await node.meter();
  await node.stop();
  const bytes = chain.bodyBytes + chain.blocks * HEADER_BYTES;
  const plain = plainHashing(chain);
  const name = `${chain.blocks} blocks of ${chain.entriesPerBlock}`;
  return [
    { name: `${name}`, value: bytes / 1e6 / seconds, unit: 'MB/s' },
    { name: `${name}`, value: chain.blocks / seconds, unit: 'blocks/s' },
    { name: `${name}, SHA-256 of the same bytes`, value: plain / 1e6, unit: 'MB/s' },
    { name: `${name}, as a share of it`, value: bytes / seconds / plain, unit: 'x', expected: expectedShare },
    ...meterFigures(name, meter),
  ];
}

/** Bytes a second: SHA-256 of each header and each body in one piece, of the first blocks of the chain. */
function plainHashing(chain: ScaleChain): number {
  const count = Math.max(1, Math.min(chain.blocks, Math.floor(SAMPLE_BYTES / (chain.bodyBytes / chain.blocks))));
  const bodies = Array.from({ length: count }, (_, i) => scaleBody(i + 1, chain.entriesPerBlock).bytes);
  const header = new Uint8Array(HEADER_BYTES);
  let bytes = 0;
  const startMs = performance.now();
  do {
    for (const body of bodies) {
      sha256Hex(header);
      sha256Hex(body);
      bytes += body.length + HEADER_BYTES;
    }
  } while (performance.now() - startMs < PLAIN_MS);
  return (1000 * bytes) / (performance.now() - startMs);
}

const SAMPLE_BYTES = 4_000_000;
const PLAIN_MS = 1_000;
