/** Authors for tests, always the same ones, and entries that they have signed. */
import { assert } from '../../src/core/assert.ts';
import { createSigner, type Signer } from '../../src/core/ed25519.ts';
import { type NewlySigned, type SigningOptions, signEntry } from '../../src/core/entry-signing.ts';
import { DEFAULT_PARAMS } from '../../src/core/params.ts';

export const [ALICE, BOB, CAROL] = [signerOf(1), signerOf(2), signerOf(3)];

/** The signer whose seed is 32 times the byte `number`. */
export function signerOf(number: number): Signer {
  return createSigner(new Uint8Array(32).fill(number));
}

/**
 * The entry whose canonical JSON is `text`, signed. Where nothing else is said by ALICE, as her first statement, and for the
 * default network.
 */
export function signedEntry(text: string, options: Partial<SigningOptions> = {}): NewlySigned {
  const defaults = { signer: ALICE, sequence: 0, previous: undefined, params: DEFAULT_PARAMS };
  const signed = signEntry(new TextEncoder().encode(text), { ...defaults, ...options });
  assert(signed.ok, 'what tests sign can be signed');
  return signed.value;
}
