/** Checks an entry as the page shows it: its text against its id, its id against its block, the block against the chain. */
import { entryIds } from '../../core/body.ts';
import { type CheckStep, counted, hashFact, numberFact } from '../../core/check-step.ts';
import type { EntryProof } from '../../core/entry-proof.ts';
import { parseHash } from '../../core/hash.ts';
import { inclusionProof } from '../../core/merkle.ts';
import type { CheckedHeader } from '../../protocol/light-effects.ts';
import { type CheckedEntry, checkEntryText } from './authors-check.ts';
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
import type { ShownEntry } from './verifier.ts';

export async function checkEntry(chain: CheckedChain, shown: ShownEntry): Promise<Verdict> {
  const own = checkEntryText(chain.params, shown);
  if (!own.ok) return own.fault;
  return shown.place === undefined ? anywhere(chain, own.value) : at(chain, shown.place, own.value);
}

/** Wherever in the chain a node says it stands. */
async function anywhere(chain: CheckedChain, entry: CheckedEntry): Promise<Verdict> {
  const { id, steps } = entry;
  const answer = await chain.ask({ type: 'entry', id });
  if (!answer.ok) return unanswered(steps, answer.fault);
  if (answer.value.type !== 'entry') return unanswered(steps, NO_ANSWER);
  return inBlock(answer.value.proof, answer.value.header, entry);
}

/** At the place that is shown. */
async function at(chain: CheckedChain, place: NonNullable<ShownEntry['place']>, entry: CheckedEntry): Promise<Verdict> {
  const { id, steps } = entry;
  const there = await headerAt(chain, place.height);
  if (!there.ok) return unanswered(steps, there.fault);
  if (there.value.hash !== place.hash) return elsewhere(chain, place, there.value, steps);
  const answer = await chain.ask({ type: 'entry', id });
  if (answer.ok && answer.value.type === 'entry') {
    const { proof, header } = answer.value;
    if (header.hash === place.hash && proof.index === place.index) return inBlock(proof, header, entry);
  }
  // An equal entry may stand in the chain more than once: then the block itself says.
  const block = await chain.ask({ type: 'block', height: place.height, hash: there.value.hash });
  if (!block.ok) return unanswered(steps, block.fault);
  if (block.value.type !== 'block') return unanswered(steps, NO_ANSWER);
  const { body } = block.value.block;
  const ids = entryIds(body);
  if (ids[place.index] !== id) {
    return refuted([...steps, inChainStep(there.value)], {
      code: 'entry-not-in-block',
      title: 'In the block',
      text: 'The block that is shown for it does not contain this entry at this place.',
      facts: [numberFact('entry', place.index + 1), numberFact('of', ids.length)],
    });
  }
  const path = inclusionProof(ids, place.index);
  return inBlock({ id, index: place.index, count: ids.length, path }, block.value.header, entry);
}

function inBlock(
  proof: Pick<EntryProof, 'id' | 'index' | 'count' | 'path'>,
  header: CheckedHeader,
  entry: CheckedEntry,
): Verdict {
  const { index, count, path } = proof;
  const steps: CheckStep[] = [
    ...entry.steps,
    {
      code: 'entry-in-block',
      outcome: 'passed',
      title: 'In the block',
      text: `Its id and ${counted(path.length, 'hash', 'hashes')} beside its way up the tree of the block lead to the root that the header of the block names.`,
      facts: [numberFact('entry', index + 1), numberFact('of', count), hashFact('data root', header.header.dataRoot)],
    },
    inChainStep(header),
    workOnTopStep(header),
  ];
  const text = `This entry is in block ${header.header.height} of the chain that was verified here, exactly as it is shown.`;
  return verified(text, steps, { place: placeOf(header, { index, count, path }), authors: entry.authors });
}

/** Another block stands where the entry is said to be. */
function elsewhere(
  chain: CheckedChain,
  place: { readonly height: number; readonly hash: string },
  there: CheckedHeader,
  steps: readonly CheckStep[],
): Verdict {
  const hash = parseHash(place.hash);
  const facts = [hashFact('shown', place.hash), hashFact('in the chain', there.hash)];
  if (hash !== undefined && chain.find(hash) !== undefined) {
    return unchecked(steps, {
      code: 'block-on-branch',
      title: 'In the chain',
      text: 'The block that is shown for it is on a branch with less work than the verified chain.',
      facts,
    });
  }
  return refuted(steps, {
    code: 'block-not-on-chain',
    title: 'In the chain',
    text: `The verified chain has another block at height ${place.height} than the one that is shown for this entry.`,
    facts,
  });
}

const NO_ANSWER = { code: 'question-unanswered', peersAsked: 0 } as const;
