/** Convictions, judged once more by somebody who was not there. */
import { verifyChainProof } from '../core/chain-proof.ts';
import { verifyEntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import { type Header, hashHeader, parseHeader } from '../core/header.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import type { NetworkParams } from '../core/params.ts';
import { validateBody } from '../core/validation.ts';
import { judgeHeaderEvidence } from './header-evidence.ts';
import type { Conviction, Evidence } from './light-effects.ts';

/**
 * Whether what a conviction holds as evidence is wrong in the way that it says.
 *
 * Needs the network's parameters and nothing else. Messages are not signed: that it was this peer who sent it, only the one who heard it
 * can say.
 */
export function confirmConviction({ fault, evidence }: Conviction, params: NetworkParams): boolean {
  return faultIn(evidence, params)?.code === fault.code;
}

function faultIn(evidence: Evidence, params: NetworkParams): { readonly code: string } | undefined {
  switch (evidence.type) {
    case 'chain-proof': {
      const proven = verifyChainProof(evidence.proof, params);
      return proven.ok ? undefined : proven.fault;
    }
    case 'headers':
      return judgeHeaderEvidence(evidence.headers, params);
    case 'header-proof': {
      const tip = tipNamed(evidence.tip, evidence.proof.tip);
      const shown = tip === undefined ? undefined : verifyHeaderProof(evidence.proof, tip);
      return shown?.ok === false ? shown.fault : undefined;
    }
    case 'entry-proof': {
      const tip = tipNamed(evidence.tip, evidence.proof.block.tip);
      const shown = tip === undefined ? undefined : verifyEntryProof(evidence.proof, tip);
      return shown?.ok === false ? shown.fault : undefined;
    }
    case 'body': {
      const header = parseHeader(evidence.header);
      if (!header.ok) return undefined;
      const candidate = { header: header.value, hash: hashHeader(evidence.header) };
      const block = validateBody(candidate, evidence.bodyBytes, params);
      return block.ok ? undefined : block.fault;
    }
  }
}

/** The header in `bytes`, if it is the one that a proof names as its tip: held against another one, any proof is wrong. */
function tipNamed(bytes: Uint8Array, hash: Hash): Header | undefined {
  const header = parseHeader(bytes);
  return header.ok && hashHeader(bytes) === hash ? header.value : undefined;
}
