/** The parameters document and the genesis it makes (docs/spec/params.md). */
import { fromHex, sha256 } from './bytes.ts';
import type { DataLimits } from './data.ts';
import type { DifficultyRules } from './difficulty.ts';
import type { EntryDemands } from './entries.ts';
import { secondsOf, writeHeader } from './header.ts';
import { dataRoot } from './trees.ts';

/** Every parameter under the name it has in the document. */
export interface ParamsDocument {
  readonly block_interval: number;
  readonly body_bytes_max: number;
  readonly depth_max: number;
  readonly entries_max: number;
  readonly entry_bytes_max: number;
  readonly format: 1 | 2;
  readonly future_time_max: number;
  readonly genesis_time: number;
  readonly half_life: number;
  readonly initial_bits: string;
  readonly name: string;
  readonly signatures?: 'required';
  readonly solve_time_max: number;
  readonly stamp_bits?: number;
  readonly target_limit: string;
  readonly writers?: readonly string[];
}

/** The canonical document: keys sorted, nothing between the tokens. Names and hex need no escapes. */
export function canonicalParams(params: ParamsDocument): string {
  const members = Object.entries(params).map(([key, value]) => `"${key}":${JSON.stringify(value)}`);
  return `{${members.sort().join(',')}}`;
}

export function paramsHash(params: ParamsDocument): string {
  return sha256(Buffer.from('cairn/params/1', 'utf8'), Buffer.of(0x00), Buffer.from(canonicalParams(params), 'utf8'));
}

/** The 118 bytes of the genesis as hex, given its time in seconds. */
export function genesisHex(params: ParamsDocument, time: bigint): string {
  return writeHeader({
    height: 0n,
    previousHash: '0'.repeat(64),
    historyRoot: paramsHash(params),
    dataRoot: dataRoot(0, []),
    time,
    bits: BigInt(`0x${params.initial_bits}`),
    nonce: 0n,
  });
}

export function genesisHash(params: ParamsDocument, timestamp: string): string {
  return sha256(fromHex(genesisHex(params, secondsOf(timestamp))));
}

export function difficultyRules(params: ParamsDocument): DifficultyRules {
  return {
    interval: BigInt(params.block_interval),
    halfLife: BigInt(params.half_life),
    solveTimeMax: BigInt(params.solve_time_max),
    targetLimit: BigInt(`0x${params.target_limit}`),
    initialBits: BigInt(`0x${params.initial_bits}`),
  };
}

export function dataLimits(params: ParamsDocument): DataLimits {
  return {
    bodyBytes: params.body_bytes_max,
    entries: params.entries_max,
    entryBytes: params.entry_bytes_max,
    depth: params.depth_max,
  };
}

export function entryDemands(params: ParamsDocument, genesis: string): EntryDemands {
  return {
    genesis,
    isSigned: params.signatures === 'required',
    writers: params.writers ?? [],
    stampBits: params.stamp_bits ?? 0,
  };
}
