/** What is wrong with an entry by the rules of its network, for people (docs/spec/signatures.md#faults). */
import { assertNever } from './assert.ts';
import type { EntryRuleFault } from './entry-rules.ts';

/** One English sentence: what is wrong, and what to do. */
export function describeEntryRuleFault(fault: EntryRuleFault): string {
  switch (fault.code) {
    case 'proof-count':
      return `The entry has ${fault.count} proofs: one stands by itself as an object, and 2 to ${fault.limit} of them stand in an array.`;
    case 'proof-member-invalid':
      return `In proof ${fault.proof} the member ${JSON.stringify(fault.member)} is not as the ledger's profile has it: sign the entry again.`;
    case 'proof-author-twice':
      return `${fault.author} has signed the entry twice: one proof is enough.`;
    case 'proof-domain-other':
      return `The proof is for the network of the genesis ${fault.domain}, and this one is ${fault.expected}: sign the entry for this network.`;
    case 'proof-signature-wrong':
      return `The signature of ${fault.author} does not fit the entry: it, or the proof, was changed after it was signed.`;
    case 'proof-missing':
      return 'This network takes signed entries only: sign the entry first.';
    case 'writer-unknown':
      return `${fault.author} may not write in this network: its parameters name who may.`;
    case 'stamp-too-low':
      return `This network asks for a stamp of work: the entry's id must begin with ${fault.bits} zero bits, and ${fault.id} does not; stamp the entry first.`;
    default:
      return assertNever(fault);
  }
}
