/** How the chain up to the verified tip was checked, told step by step. */
import { type CheckStep, counted, groupDigits, hashFact, numberFact, textFact } from '../../core/check-step.ts';
import { formatTimestamp } from '../../core/timestamp.ts';
import type { ChainPoint } from '../../core/validation.ts';
import type { TipReport } from '../../protocol/light-effects.ts';
import type { TrustRoot } from './verdict.ts';

/** What the verified tip rests on. */
export interface TipBasis {
  readonly tip: ChainPoint;
  /** Of the last whole chain that was shown, which `tip` goes on from. */
  readonly report: TipReport;
  /** How many headers were followed one by one since. */
  readonly followed: number;
}

/** The steps, in the order in which they were done. */
export function chainSteps(trust: TrustRoot, { tip, report, followed }: TipBasis): readonly CheckStep[] {
  return [
    trustStep(trust),
    ...(report.method === 'proof' ? proofSteps(report.proof) : [headersStep(report.headers)]),
    ...(followed === 0 ? [] : [followedStep(followed)]),
    tipStep(tip),
  ];
}

/** What is trusted, and why. */
export function trustStep({ genesisHash, networkName, origin }: TrustRoot): CheckStep {
  return {
    code: 'trust',
    outcome: 'passed',
    title: 'What is trusted',
    text: TRUST_TEXTS[origin],
    facts: [...(networkName === undefined ? [] : [textFact('network', networkName)]), hashFact('genesis', genesisHash)],
  };
}

function proofSteps(proof: Extract<TipReport, { method: 'proof' }>['proof']): readonly CheckStep[] {
  const isWhole = proof.draws === 0;
  return [
    {
      code: 'chain-proof',
      outcome: 'passed',
      title: 'A proof of the chain',
      text: isWhole
        ? `A node sent all ${counted(proof.headersOpened, 'header', 'headers')} of the chain, from the genesis to its last block.`
        : `Of ${groupDigits(proof.height)} headers a node sent ${groupDigits(proof.headersOpened)}, and hashes that stand for the others. Which ones it had to send was drawn by the hash of the last block, so it could not choose where nobody looks.`,
      facts: [
        numberFact('bytes', proof.proofBytes),
        numberFact('headers', proof.headersOpened),
        numberFact('height', proof.height),
      ],
    },
    {
      code: 'proof-of-work',
      outcome: 'passed',
      title: 'Work',
      text: 'The hash of each of these headers was computed here, and meets the target that the header names: the work was done.',
      facts: [numberFact('hashes computed', proof.headersOpened), numberFact('hash tries in the chain', proof.work)],
    },
    {
      code: 'difficulty',
      outcome: 'passed',
      title: 'Difficulty',
      text: 'Each target is the one that the rules ask for after the headers before it, and no time is earlier than the one before.',
      facts: [numberFact('headers', proof.headersOpened)],
    },
    {
      code: 'history',
      outcome: 'passed',
      title: 'One chain',
      text: isWhole
        ? 'Each header names the hash of the one before it, and a root over all before it that came out the same here.'
        : 'Each of these headers has a root over all headers before it. They came out the same here, those that were not sent included: all of it is one chain.',
      facts: [numberFact('hashes for the others', proof.subtrees)],
    },
    ...(isWhole
      ? []
      : [
          {
            code: 'samples',
            outcome: 'passed',
            title: 'Samples',
            text: `${groupDigits(proof.draws)} places were drawn, more of them the nearer to the end, and the last ${groupDigits(proof.tailHeaders)} headers are there without a gap. Somebody with a third of all computing power, who claims work that was not done, gets past this with a chance of 1 in 2^92 for each last block that he mines for it; with 45 % it is 1 in 2^19.`,
            facts: [
              numberFact('draws', proof.draws),
              numberFact('headers at the end', proof.tailHeaders),
              numberFact('their work', proof.tailWork),
            ],
          } satisfies CheckStep,
        ]),
  ];
}

function headersStep(headers: number): CheckStep {
  return {
    code: 'all-headers',
    outcome: 'passed',
    title: 'Every header',
    text: `All ${counted(headers, 'header', 'headers')} from the genesis on were read and checked one by one: work, difficulty, links, times and roots.`,
    facts: [numberFact('headers', headers)],
  };
}

function followedStep(followed: number): CheckStep {
  return {
    code: 'followed',
    outcome: 'passed',
    title: 'Followed since',
    text: `${counted(followed, 'block that came', 'blocks that came')} after that ${followed === 1 ? 'was' : 'were'} checked on arrival by every rule for headers.`,
    facts: [numberFact('headers', followed)],
  };
}

function tipStep({ hash, header, work }: ChainPoint): CheckStep {
  return {
    code: 'tip',
    outcome: 'passed',
    title: 'The last block',
    text: 'Of all chains that the nodes have shown, the one with the most work ends here.',
    facts: [
      numberFact('height', header.height),
      hashFact('block', hash),
      textFact('time', `${formatTimestamp(header.timestamp)} UTC`),
      numberFact('hash tries in the chain', work),
    ],
  };
}

const TRUST_TEXTS: Readonly<Record<TrustRoot['origin'], string>> = {
  'built-in': 'The genesis of the default network, which is part of this page. Everything else is checked against it.',
  'first-use':
    'The genesis that this gateway named when this browser first came here. Compare it with what you were told by somebody you trust: everything else is checked against it.',
  set: 'The genesis that you have put in. Everything else is checked against it.',
};
