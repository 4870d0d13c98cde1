/** Blocks and headers as an attacker makes them: with real work, and with whatever else he likes. */
import { encodeUtf8 } from '#host';
import { assert } from '../../core/assert.ts';
import type { Block } from '../../core/block.ts';
import { type Body, bodyFromEntries, dataRoot, entryIds } from '../../core/body.ts';
import { encodeHeader, HEADER_BYTES, type Header } from '../../core/header.ts';
import type { NetworkParams } from '../../core/params.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateHeader,
} from '../../core/validation.ts';
import { findNonce } from '../simulated-miner.ts';

export interface ForgedBlock {
  readonly block: Block;
  readonly point: ChainPoint;
}

/** A valid block on `parent` that is dated `clockSeconds`, or like its parent where that is later. */
export function forgeBlock(
  params: NetworkParams,
  options: {
    readonly parent: ChainPoint;
    readonly body: Body;
    readonly clockSeconds: number;
    readonly nonceFrom: number;
  },
): ForgedBlock {
  const { parent, body, clockSeconds, nonceFrom } = options;
  const root = dataRoot(body.shape, entryIds(body));
  const candidate = createCandidateHeader({ parent, dataRoot: root, clockSeconds, params });
  const hashed = hashedHeader({ ...candidate, nonce: findNonce(candidate, nonceFrom) });
  const point = validateHeader(hashed, parent, params);
  assert(point.ok, 'a forged block follows the rules');
  return { block: { hash: hashed.hash, header: hashed.header, body }, point: point.value };
}

/** An array body of these canonical JSON texts. */
export function bodyOfTexts(...texts: readonly string[]): Body {
  return bodyFromEntries(texts.map((text) => encodeUtf8(text)));
}

/** Headers as they travel. */
export function joinHeaders(headers: readonly Header[]): Uint8Array {
  const run = new Uint8Array(HEADER_BYTES * headers.length);
  for (const [i, header] of headers.entries()) run.set(encodeHeader(header), HEADER_BYTES * i);
  return run;
}

/**
 * A chain of `count` headers on the genesis that took hardly any work, dated so far apart that it never gets harder:
 * one for each `stepSeconds`. Made once for each network.
 */
export function cheapHeaders(params: NetworkParams, count: number, stepSeconds: number): readonly Header[] {
  const made = cheapChains.get(params) ?? [];
  cheapChains.set(params, made);
  let tip = made.at(-1) ?? genesisPoint(params);
  const body = bodyOfTexts();
  while (made.length < count) {
    const clockSeconds = tip.header.timestamp + stepSeconds;
    tip = forgeBlock(params, { parent: tip, body, clockSeconds, nonceFrom: 0 }).point;
    made.push(tip);
  }
  return made.slice(0, count).map(({ header }) => header);
}

const cheapChains = new WeakMap<NetworkParams, ChainPoint[]>();
