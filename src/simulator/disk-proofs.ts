/** What a simulated node answers to who asks for a proof, from its disk: as `src/node/peer-library.ts` does it. */
import { assertNever } from '../core/assert.ts';
import type { Effect } from '../protocol/effects.ts';
import type { Message } from '../protocol/message.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

type ProofOrder = Extract<Effect, { readonly type: `serve-${string}-proof` }>;

export async function proofFrom(disk: SimulatedDisk, order: ProofOrder): Promise<Message> {
  switch (order.type) {
    case 'serve-chain-proof': {
      const { bytes } = await disk.chainProof();
      return bytes === undefined ? notFound() : { type: 'chain-proof', proof: bytes };
    }
    case 'serve-header-proof': {
      const proof = await disk.headerProof(order);
      return proof.ok ? { type: 'header-proof', proof: proof.value } : notFound(order.tip);
    }
    case 'serve-entry-proof': {
      const proof = await disk.entryProof(order);
      if (proof.ok) return { type: 'entry-proof', proof: proof.value };
      return notFound(proof.fault.code === 'entry-not-in-chain' ? order.id : order.tip);
    }
    default:
      return assertNever(order);
  }
}

function notFound(...hashes: (Message & { type: 'not-found' })['hashes']): Message {
  return { type: 'not-found', hashes };
}
