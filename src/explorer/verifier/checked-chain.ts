/** The chain that things are checked against, what it says to a question in sentences, and the verdicts that are made of that. */
import { type CheckStep, counted, hashFact, numberFact, textFact } from '../../core/check-step.ts';
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { Result } from '../../core/result.ts';
import type { Authorship } from '../../core/signed-entry.ts';
import { formatTimestamp } from '../../core/timestamp.ts';
import type { ChainPoint } from '../../core/validation.ts';
import type { CheckedHeader, LightAnswer, LightQuestion, QuestionFault } from '../../protocol/light-effects.ts';
import type { Verdict, VerifiedPlace } from './verdict.ts';

/** What a check needs of the light client. */
export interface CheckedChain {
  readonly params: NetworkParams;
  readonly tip: ChainPoint | undefined;
  /** A header in memory, of the chain or of a branch that a peer has shown. */
  find(hash: Hash): ChainPoint | undefined;
  ask(question: LightQuestion): Promise<Result<LightAnswer, QuestionFault>>;
}

/** The block that stands at `height`, or why nobody can tell. */
export async function headerAt(chain: CheckedChain, height: number): Promise<Result<CheckedHeader, QuestionFault>> {
  const answer = await chain.ask({ type: 'header-at', height });
  return answer.ok ? { ok: true, value: answer.value.header } : answer;
}

/** That the header is of the chain that was checked. */
export function inChainStep({ header, hash, proof, tip }: CheckedHeader): CheckStep {
  const isTip = hash === tip.hash;
  return {
    code: 'block-in-chain',
    outcome: 'passed',
    title: 'In the chain',
    text: isTip
      ? 'The block is the last one of the verified chain.'
      : proof === undefined
        ? 'The header of the block is one of those that were read and checked here one by one.'
        : `The header of the block and ${counted(proof.proof.length, 'hash', 'hashes')} lead to the root over all blocks before it that the last header of the verified chain names.`,
    facts: [
      numberFact('height', header.height),
      hashFact('block', hash),
      textFact('time', `${formatTimestamp(header.timestamp)} UTC`),
      hashFact('last block', tip.hash),
    ],
  };
}

/** What it would take to change it. */
export function workOnTopStep({ header, work, tip }: CheckedHeader): CheckStep {
  const blocks = tip.header.height - header.height;
  return {
    code: 'work-on-top',
    outcome: 'passed',
    title: 'Work on top',
    text: `To put something else in its place, somebody would have to do the work of ${counted(blocks + 1, 'block', 'blocks')} again, faster than the network goes on.`,
    facts: [numberFact('blocks on top', blocks), numberFact('hash tries on top', tip.work - work)],
  };
}

/** Where the block with this header stands, and what was shown of an entry in it. */
export function placeOf(
  checked: CheckedHeader,
  entry: Partial<Pick<VerifiedPlace, 'index' | 'count' | 'path'>>,
): VerifiedPlace {
  const { header, hash, tip } = checked;
  return {
    height: header.height,
    hash,
    index: entry.index,
    count: entry.count,
    path: entry.path ?? [],
    dataRoot: header.dataRoot,
    tip: { height: tip.header.height, hash: tip.hash },
  };
}

export function verified(
  text: string,
  steps: readonly CheckStep[],
  found: { readonly place?: VerifiedPlace; readonly authors?: readonly Authorship[] },
): Verdict {
  return { outcome: 'verified', text, steps, place: found.place, authors: found.authors ?? [] };
}

/** The last step says what is wrong. */
export function refuted(steps: readonly CheckStep[], last: Omit<CheckStep, 'outcome'>): Verdict {
  return {
    outcome: 'refuted',
    text: last.text,
    steps: [...steps, { ...last, outcome: 'failed' }],
    place: undefined,
    authors: [],
  };
}

/** The last step says why nothing could be said. */
export function unchecked(steps: readonly CheckStep[], last: Omit<CheckStep, 'outcome'>): Verdict {
  return {
    outcome: 'unchecked',
    text: last.text,
    steps: [...steps, { ...last, outcome: 'unchecked' }],
    place: undefined,
    authors: [],
  };
}

/** Why there is no answer, as the last step of a verdict. */
export function unanswered(steps: readonly CheckStep[], fault: QuestionFault): Verdict {
  return unchecked(steps, { code: fault.code, title: 'In the chain', text: describeQuestionFault(fault), facts: [] });
}

function describeQuestionFault(fault: QuestionFault): string {
  switch (fault.code) {
    case 'tip-unknown':
      return 'No node has shown its chain to this page yet, so there is nothing to hold it against.';
    case 'height-not-on-chain':
      return `The verified chain ends at height ${fault.tipHeight}, below this.`;
    case 'block-not-on-chain':
      return 'Another block stands there in the verified chain.';
    case 'entry-not-shown':
      return `None of ${counted(fault.peersAsked, 'node', 'nodes')} shows this entry in its chain.`;
    case 'question-unanswered':
      return 'No node has given an answer that holds.';
    case 'questions-full':
      return 'Too much is being checked already: try again in a moment.';
  }
}
