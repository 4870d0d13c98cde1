/** What an archive proves, and how that was seen, told to people step by step. */
import type { ArchiveHead } from './archive.ts';
import type { ArchiveFault, VerifiedArchive } from './archive-check.ts';
import { type CheckStep, counted, groupDigits, hashFact, numberFact, textFact } from './check-step.ts';
import { describeJsonDamage } from './json-fault.ts';
import { formatTimestamp } from './timestamp.ts';

/** The steps of `ArchiveCheck`, all of them passed, in order. */
export function archiveSteps(head: ArchiveHead, verified: VerifiedArchive): readonly CheckStep[] {
  const { from, last, tip, chain } = verified;
  return [
    {
      code: 'archive-start',
      outcome: 'passed',
      title: 'The beginning',
      text:
        head.start === undefined
          ? `The archive begins ${from === 0 ? 'with' : 'right after'} the genesis, which the network fixes.`
          : 'The two blocks before the first one are those that the header of the first one commits to, with all the work up to there.',
      facts: [hashFact('genesis', verified.genesis), numberFact('first block', from)],
    },
    {
      code: 'archive-blocks',
      outcome: 'passed',
      title: 'The blocks',
      text: `Each of ${counted(verified.blocks, 'block', 'blocks')} follows the one before it by every rule: time, difficulty, work, history, data and signatures.`,
      facts: [
        numberFact('entries', verified.entries),
        numberFact('last block', last.header.height),
        hashFact('hash', last.hash),
        textFact('time', `${formatTimestamp(last.header.timestamp)} UTC`),
      ],
    },
    {
      code: 'archive-end',
      outcome: 'passed',
      title: 'In the chain',
      text:
        verified.depth === 0
          ? 'The last of them is the last block of the chain itself.'
          : 'The header of the last of them leads to the root, in the header of the last block of the chain, over every block before it.',
      facts: [hashFact('last block of the chain', tip.hash), numberFact('height', tip.header.height)],
    },
    {
      code: 'chain-proof',
      outcome: 'passed',
      title: 'The chain',
      text:
        chain.draws === 0
          ? 'Every header of the chain was read and follows every rule.'
          : 'Of the headers of the chain, the last ones were all read, and of the others as many as chance drew by their work: all of them follow the rules.',
      facts: [numberFact('headers read', chain.headersOpened), numberFact('work', tip.work)],
    },
    {
      code: 'work-on-top',
      outcome: 'passed',
      title: 'Work on top',
      text: `To change anything in it, somebody would have to do the work of ${counted(verified.depth + 1, 'block', 'blocks')} again at least, faster than the network goes on.`,
      facts: [numberFact('blocks', verified.depth), numberFact('hash tries', verified.workOnTop)],
    },
  ];
}

/** Why an archive proves nothing, in a sentence. */
export function describeArchiveFault(fault: ArchiveFault): string {
  switch (fault.code) {
    case 'archive-not-json':
      return `Its ${fault.line === 'head' ? 'first' : 'last'} line is none of an archive: ${describeJsonDamage(fault.fault)}`;
    case 'archive-member-invalid':
      return `Its member ${JSON.stringify(fault.member)} is missing, not of its form, or unknown.`;
    case 'archive-network-invalid':
      return `What it says of its network is none (${fault.fault.code}).`;
    case 'archive-block-invalid':
      return `What should be block ${groupDigits(fault.height)} is none, or was changed (${fault.fault.code}).`;
    case 'archive-start-wrong':
      return `What it says of the blocks before ${groupDigits(fault.height)} is not about these.`;
    case 'archive-end-other':
      return `Its last block, ${fault.hash}, is not on the chain that it proves, which ends in ${fault.tip}.`;
    case 'archive-length-wrong':
      return `It should have ${counted(fault.expected, 'block', 'blocks')}, and has ${groupDigits(fault.blocks)}: it was cut, or something was added.`;
    case 'header-proof-wrong':
    case 'header-proof-tip-other':
      return 'Its blocks are not on the chain that it says they are on: the hashes lead to another root.';
    default:
      return `Its proofs do not hold (${fault.code}).`;
  }
}
