/** The parameters of a network as the document that a judge reads, who knows nothing of `src/core`. */
import type { NetworkParams } from '../core/params.ts';
import type { ParamsDocument } from './second-implementation/params.ts';

export function paramsDocument(params: NetworkParams): ParamsDocument {
  const { signatures, stampBits, writers } = params;
  const isPlain = signatures === 'optional' && stampBits === 0 && writers.length === 0;
  return {
    format: isPlain ? 1 : 2,
    name: params.name,
    genesis_time: params.genesisTime,
    block_interval: params.blockInterval,
    half_life: params.halfLife,
    solve_time_max: params.solveTimeMax,
    future_time_max: params.futureTimeMax,
    target_limit: hexOf(params.targetLimit),
    initial_bits: hexOf(params.initialBits),
    depth_max: params.depthMax,
    entry_bytes_max: params.entryBytesMax,
    entries_max: params.entriesMax,
    body_bytes_max: params.bodyBytesMax,
    ...(signatures === 'optional' ? {} : { signatures }),
    ...(stampBits === 0 ? {} : { stamp_bits: stampBits }),
    ...(writers.length === 0 ? {} : { writers }),
  };
}

function hexOf(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}
