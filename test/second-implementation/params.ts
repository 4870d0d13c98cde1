/** The parameters document and the genesis it makes (docs/spec/params.md). */
import { sha256 } from './bytes.ts';
import { type HeaderFields, headerHash } from './header.ts';
import { dataRoot } from './trees.ts';

/** Every parameter under the name it has in the document. */
export interface ParamsDocument {
  readonly block_interval: number;
  readonly body_bytes_max: number;
  readonly depth_max: number;
  readonly entries_max: number;
  readonly entry_bytes_max: number;
  readonly format: 1;
  readonly future_time_max: number;
  readonly genesis_time: number;
  readonly half_life: number;
  readonly initial_bits: string;
  readonly name: string;
  readonly solve_time_max: number;
  readonly target_limit: string;
}

/** The canonical document: keys sorted, nothing between the tokens. Names and hex need no escapes. */
export function canonicalParams(params: ParamsDocument): string {
  const members = Object.entries(params).map(([key, value]) => `"${key}":${JSON.stringify(value)}`);
  return `{${members.sort().join(',')}}`;
}

export function paramsHash(params: ParamsDocument): string {
  return sha256(Buffer.from('cairn/params/1', 'utf8'), Buffer.of(0x00), Buffer.from(canonicalParams(params), 'utf8'));
}

function genesisFields(params: ParamsDocument, timestamp: string): HeaderFields {
  return {
    index: 0,
    prev_hash: '0000',
    history_root: paramsHash(params),
    data_root: dataRoot(0, []),
    timestamp,
    bits: params.initial_bits,
    nonce: 0,
  };
}

export function genesisHash(params: ParamsDocument, timestamp: string): string {
  return headerHash(genesisFields(params, timestamp));
}
