/** Headers that break one rule each, and are right in everything else, their proof of work included. */
import type { Hash } from '../../core/hash.ts';
import { hashToNumber, ZERO_HASH } from '../../core/hash.ts';
import { encodeHeader, type Header, NONCE_OFFSET } from '../../core/header.ts';
import { bitsToTarget } from '../../core/target.ts';
import { type ChainPoint, hashedHeader } from '../../core/validation.ts';
import { findNonce } from '../simulated-miner.ts';
import { bodyOfTexts, forgeBlock } from './forge.ts';
import type { Props } from './stranger.ts';

/** What can be wrong with a header. */
export const HEADER_FAULTS = [
  'work',
  'bits',
  'time',
  'height',
  'history',
  'version',
  'nonce',
  'ahead',
  'genesis',
] as const;

export type HeaderFaultKind = (typeof HEADER_FAULTS)[number];

/** The 118 bytes of a header on `parent` that is wrong in `kind`. */
export function forgeBadHeader(
  kind: HeaderFaultKind,
  { params, random, parent, nowMs }: Props & { readonly parent: ChainPoint; readonly nowMs: number },
): Uint8Array {
  const clockSeconds = Math.floor(nowMs / 1000);
  const body = bodyOfTexts(`"bad ${random.integer(0, 1_000_000)}"`);
  const { header } = forgeBlock(params, { parent, body, clockSeconds, nonceFrom: random.integer(0, 1e6) }).block;
  switch (kind) {
    case 'work':
      return encodeHeader(withoutWork(header));
    case 'bits':
      return mined({ ...header, bits: params.targetLimit === header.bits ? header.bits - 1 : params.targetLimit });
    case 'time':
      return mined({ ...header, timestamp: parent.header.timestamp - 1 });
    case 'height':
      return mined({ ...header, height: header.height + random.integer(1, 5) });
    case 'history': {
      const noise = Uint8Array.from({ length: 32 }, () => random.integer(0, 255));
      return mined({ ...header, historyRoot: Buffer.from(noise).toString('hex') as Hash });
    }
    case 'version':
      return withByte(encodeHeader(header), 1, 2);
    case 'nonce':
      return withByte(encodeHeader(header), NONCE_OFFSET, 0x80);
    case 'ahead':
      // No fault: held, and asked for again.
      return mined({ ...header, timestamp: clockSeconds + params.futureTimeMax + 600 });
    case 'genesis':
      return mined({ ...header, height: 0, previousHash: ZERO_HASH });
  }
}

function mined(header: Header): Uint8Array {
  return encodeHeader({ ...header, nonce: findNonce(header, 0) });
}

/** With a nonce by which the header does not meet its target. */
function withoutWork(header: Header): Header {
  const target = bitsToTarget(header.bits) ?? 0n;
  let nonce = 0;
  while (hashToNumber(hashedHeader({ ...header, nonce }).hash) <= target) nonce++;
  return { ...header, nonce };
}

function withByte(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  bytes[offset] = value;
  return bytes;
}
