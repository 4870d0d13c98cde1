/** What a receipt proves, and how that was seen, told to people step by step. */
import { type CheckStep, counted, hashFact, numberFact, textFact } from './check-step.ts';
import { describeEntryRuleFault } from './entry-rule-text.ts';
import { describeJsonDamage } from './json-fault.ts';
import type { Receipt, ReceiptFault, VerifiedReceipt } from './receipt.ts';
import { formatTimestamp } from './timestamp.ts';

/** The steps of `verifyReceipt`, all of them passed, in order. */
export function receiptSteps(receipt: Receipt, verified: VerifiedReceipt): readonly CheckStep[] {
  const { block, tip, chain } = verified;
  const { path, block: inHistory } = receipt.entryProof;
  const isTip = verified.depth === 0;
  return [
    {
      code: 'entry-id',
      outcome: 'passed',
      title: 'The entry',
      text: 'The entry was brought into its canonical form and hashed: the hash is the id that everything below is about.',
      facts: [hashFact('id', verified.id), numberFact('bytes', receipt.entry.length)],
    },
    ...authorSteps(verified),
    {
      code: 'entry-in-block',
      outcome: 'passed',
      title: 'In the block',
      text: `Its id and ${counted(path.length, 'hash', 'hashes')} beside its way up the block's tree lead to the root that the block's header names.`,
      facts: [
        numberFact('entry', verified.index + 1),
        numberFact('of', verified.count),
        hashFact('data root', block.header.dataRoot),
      ],
    },
    {
      code: 'block-in-chain',
      outcome: 'passed',
      title: 'In the chain',
      text: isTip
        ? 'The block is the last one of the chain itself.'
        : `The block's header and ${counted(inHistory.proof.length, 'hash', 'hashes')} lead to the root, in the header of the last block, over every block before it.`,
      facts: [
        numberFact('height', block.header.height),
        hashFact('block', block.hash),
        textFact('time', `${formatTimestamp(block.header.timestamp)} UTC`),
      ],
    },
    {
      code: 'chain-proof',
      outcome: 'passed',
      title: 'The chain',
      text: chainText(verified),
      facts: [
        hashFact('genesis', verified.genesis),
        hashFact('last block', tip.hash),
        numberFact('height', tip.header.height),
        numberFact('headers read', chain.headersOpened),
        numberFact('work', tip.work),
      ],
    },
    {
      code: 'work-on-top',
      outcome: 'passed',
      title: 'Work on top',
      text: `To put another entry in its place, somebody would have to do the work of ${counted(verified.depth + 1, 'block', 'blocks')} again, faster than the network goes on.`,
      facts: [numberFact('blocks', verified.depth), numberFact('hash tries', verified.workOnTop)],
    },
  ];
}

/** Why a receipt proves nothing, in a sentence. */
export function describeReceiptFault(fault: ReceiptFault): string {
  switch (fault.code) {
    case 'receipt-too-large':
      return `It is over ${fault.limitBytes} bytes, which no receipt is.`;
    case 'receipt-not-utf8':
      return 'It is no text in UTF-8, so it is no receipt.';
    case 'receipt-not-json':
      return `It is no receipt, or a damaged one: ${describeJsonDamage(fault.fault)}`;
    case 'receipt-member-invalid':
      return `It is no receipt, or a damaged one: its member ${JSON.stringify(fault.member)} is missing, not of its form, or unknown.`;
    case 'receipt-network-invalid':
      return `What it says of its network is none (${fault.fault.code}).`;
    case 'receipt-entry-invalid':
      return `Its entry cannot be one: ${describeEntryFault(fault.fault)}`;
    case 'receipt-entry-other':
      return `The entry in it was changed, or is another one: its id is ${fault.id}, and the proof is of ${fault.proved}.`;
    case 'receipt-place-impossible':
      return `No block can have the entry at the place that it names, ${fault.index + 1} of ${fault.count}: whoever mined it was refused by every node.`;
    case 'receipt-tip-other':
      return `Its parts do not belong together: the chain ends in ${fault.tip}, and the entry is proved against ${fault.proved}.`;
    case 'receipt-work-too-low':
      return `The block of the entry, ${fault.hash}, was never mined: its hash does not meet its target.`;
    case 'entry-proof-wrong':
      return 'The entry is not in the block that it says it is in: the hashes lead to another root than the header names.';
    case 'header-proof-wrong':
      return 'The block is not in the chain that it says it is in: the hashes lead to another root than the last header names.';
    case 'proof-count':
    case 'proof-member-invalid':
    case 'proof-author-twice':
    case 'proof-domain-other':
    case 'proof-signature-wrong':
    case 'proof-missing':
    case 'writer-unknown':
    case 'stamp-too-low':
      return `No block can have its entry: ${describeEntryRuleFault(fault)}`;
    default:
      return `Its proofs do not hold (${fault.code}).`;
  }
}

/** Nothing is told of an entry that nobody signed. */
function authorSteps({ authors }: VerifiedReceipt): readonly CheckStep[] {
  if (authors.length === 0) return [];
  return [
    {
      code: 'entry-authors',
      outcome: 'passed',
      title: 'Who signed it',
      text:
        `The entry has ${counted(authors.length, 'signature', 'signatures')}: each was made for this entry, this network, and this place among ` +
        'all that its author has signed here, by the key that the author is named by.',
      facts: authors.flatMap(({ author, sequence, created }) => [
        textFact('author', author),
        numberFact('statements before', sequence),
        ...(created === undefined ? [] : [textFact('says it was signed', created)]),
      ]),
    },
  ];
}

type EntryFault = Extract<ReceiptFault, { readonly code: 'receipt-entry-invalid' }>['fault'];

function describeEntryFault(fault: EntryFault): string {
  if (fault.code !== 'entry-too-large') return describeJsonDamage(fault);
  return `it has ${fault.sizeBytes} bytes, and its network takes ${fault.limitBytes} at most.`;
}

function chainText({ chain, network }: VerifiedReceipt): string {
  const from = `from the genesis of the network "${network}"`;
  return chain.draws === 0
    ? `Every header ${from} to the last block was read and follows every rule.`
    : `Of the headers ${from} to the last block, the last ones were all read, and of the others as many as chance, ` +
        'which nobody could foresee, drew by their work: all of them follow the rules.';
}
