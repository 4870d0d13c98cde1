/** Checks a block as the page shows it, whole or by what a list says of it. */
import { type ClaimedBlock, parseBlockJson } from '../../core/block-json.ts';
import { entryCount, entryIds } from '../../core/body.ts';
import { type CheckStep, counted, hashFact, numberFact, textFact } from '../../core/check-step.ts';
import { describeEntryRuleFault } from '../../core/entry-rule-text.ts';
import { findBrokenEntry } from '../../core/entry-rules.ts';
import { type Hash, hashToBytes, parseHash } from '../../core/hash.ts';
import { bitsToHex, bitsToTarget, meetsTarget } from '../../core/target.ts';
import { matchBody } from '../../core/validation.ts';
import type { CheckedHeader } from '../../protocol/light-effects.ts';
import {
  type CheckedChain,
  headerAt,
  inChainStep,
  placeOf,
  refuted,
  unanswered,
  unchecked,
  verified,
  workOnTopStep,
} from './checked-chain.ts';
import type { Verdict } from './verdict.ts';
import type { ShownBlock, ShownSummary } from './verifier.ts';

/** The whole block: its text, its hash, its entries, its work, and its place in the chain. */
export async function checkBlock(chain: CheckedChain, shown: ShownBlock): Promise<Verdict> {
  const parsed = parseBlockJson(shown.text, chain.params);
  if (!parsed.ok) {
    const { fault } = parsed;
    const text =
      fault.code === 'block-hash-wrong'
        ? 'The hash that is shown is not the hash of this block: something in its header was changed.'
        : 'What is shown is no block.';
    return refuted([], { code: fault.code, title: 'The block', text, facts: [hashFact('shown', shown.hash)] });
  }
  const claimed = parsed.value;
  const { header, hash } = claimed;
  if (hash !== shown.hash || header.height !== shown.height) {
    return refuted([], {
      code: 'block-other',
      title: 'The block',
      text: 'This is another block than the one that was asked for.',
      facts: [hashFact('asked for', shown.hash), hashFact('shown', hash), numberFact('height', header.height)],
    });
  }
  const steps: CheckStep[] = [
    {
      code: 'block-hash',
      outcome: 'passed',
      title: 'The block',
      text: 'Its header was put together from what is shown and hashed here: the hash is the one it goes by.',
      facts: [numberFact('height', header.height), hashFact('block', hash)],
    },
  ];
  const entries = entriesStep(chain, claimed);
  if (entries.outcome === 'failed') return refuted(steps, entries);
  steps.push(entries);
  if (header.height > 0) {
    const work = workStep(hash, header.bits);
    if (work.outcome === 'failed') return refuted(steps, work);
    steps.push(work);
  }
  return inChain(chain, { height: header.height, hash }, steps);
}

/** What a list says of a block: its place, its hash and the fields of its header. */
export async function checkSummary(chain: CheckedChain, shown: ShownSummary): Promise<Verdict> {
  const hash = parseHash(shown.hash);
  if (hash === undefined) {
    return refuted([], { code: 'block-hash', title: 'The block', text: 'This is no hash of a block.', facts: [] });
  }
  const there = await headerAt(chain, shown.height);
  if (!there.ok) return unanswered([], there.fault);
  if (there.value.hash !== hash) return notThere(chain, hash, there.value, []);
  const { header } = there.value;
  const isTrue =
    (shown.height === 0 || shown.prev_hash === header.previousHash) &&
    Date.parse(shown.time) === header.timestamp * 1_000 &&
    shown.bits === bitsToHex(header.bits);
  if (isTrue) return onChain(there.value, []);
  return refuted([inChainStep(there.value)], {
    code: 'summary-wrong',
    title: 'What the list says',
    text: 'The block is in the chain, but the list shows another time, difficulty or predecessor than its header has.',
    facts: [textFact('shown', `${shown.time} ${shown.bits}`), hashFact('block', hash)],
  });
}

async function inChain(
  chain: CheckedChain,
  { height, hash }: { readonly height: number; readonly hash: Hash },
  steps: readonly CheckStep[],
): Promise<Verdict> {
  const there = await headerAt(chain, height);
  if (!there.ok) return unanswered(steps, there.fault);
  return there.value.hash === hash ? onChain(there.value, steps) : notThere(chain, hash, there.value, steps);
}

function onChain(checked: CheckedHeader, before: readonly CheckStep[]): Verdict {
  const { height } = checked.header;
  const text = `This is block ${height} of the chain that was verified here.`;
  return verified(text, [...before, inChainStep(checked), workOnTopStep(checked)], { place: placeOf(checked, {}) });
}

function notThere(chain: CheckedChain, hash: Hash, there: CheckedHeader, steps: readonly CheckStep[]): Verdict {
  const { height } = there.header;
  const facts = [hashFact('shown', hash), hashFact('in the chain', there.hash)];
  const branch = chain.find(hash);
  if (branch !== undefined && branch.header.height === height) {
    return unchecked(steps, {
      code: 'block-on-branch',
      title: 'In the chain',
      text: 'A node has shown this block on a branch that is valid and has less work than the verified chain: it does not count.',
      facts,
    });
  }
  return refuted(steps, {
    code: 'block-not-on-chain',
    title: 'In the chain',
    text: `The verified chain has another block at height ${height}.`,
    facts,
  });
}

function entriesStep({ params }: CheckedChain, claimed: ClaimedBlock): CheckStep {
  const { header } = claimed;
  const block = matchBody(claimed, claimed.bodyBytes, params);
  const title = 'Its entries';
  if (!block.ok) {
    return {
      code: block.fault.code,
      outcome: 'failed',
      title,
      text: 'The entries that are shown are not those of this block: they lead to another root than its header names.',
      facts: [hashFact('data root', header.dataRoot)],
    };
  }
  const { body } = block.value;
  const broken = findBrokenEntry(body, params);
  if (broken !== undefined) {
    return {
      code: broken.code,
      outcome: 'failed',
      title,
      text: `Entry ${broken.entry + 1} breaks the rules of the network, so that no honest node has this block. ${describeEntryRuleFault(broken)}`,
      facts: [hashFact('entry', entryIds(body)[broken.entry] ?? '')],
    };
  }
  const count = entryCount(body);
  return {
    code: 'data-root',
    outcome: 'passed',
    title,
    text: `${counted(count, 'entry was', 'entries were')} hashed here, and the tree over them ends in the root that the header names. Where one is signed, its signatures are right.`,
    facts: [numberFact('entries', count), hashFact('data root', header.dataRoot)],
  };
}

function workStep(hash: Hash, bits: number): CheckStep {
  const isDone = bitsToTarget(bits) !== undefined && meetsTarget(bits, hashToBytes(hash), 0);
  return {
    code: isDone ? 'proof-of-work' : 'work-too-low',
    outcome: isDone ? 'passed' : 'failed',
    title: 'Its work',
    text: isDone
      ? 'Its hash meets the target that it names: the work was done.'
      : 'Its hash does not meet its target: the work for it was never done.',
    facts: [hashFact('hash', hash), textFact('target, compact', bitsToHex(bits))],
  };
}
