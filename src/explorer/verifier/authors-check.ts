/** Checks an entry as the page shows it by itself: its text against its id, and its signatures against the rules of the network. */
import { encodeUtf8 } from '#host';
import { canonicalize } from '../../core/canonical-json.ts';
import { type CheckStep, counted, hashFact, numberFact, textFact } from '../../core/check-step.ts';
import { describeEntryRuleFault } from '../../core/entry-rule-text.ts';
import { checkEntryRules } from '../../core/entry-rules.ts';
import { type Hash, parseHash } from '../../core/hash.ts';
import { hashLeaf } from '../../core/merkle.ts';
import type { NetworkParams } from '../../core/params.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Authorship } from '../../core/signed-entry.ts';
import { refuted, unchecked, verified } from './checked-chain.ts';
import type { Verdict } from './verdict.ts';
import type { ShownText } from './verifier.ts';

/** An entry that has its id and obeys the rules, and how that was found. Whether it is on record is not known by that. */
export interface CheckedEntry {
  readonly id: Hash;
  readonly authors: readonly Authorship[];
  readonly steps: readonly CheckStep[];
}

/** Who stands for the entry. `params` is undefined while no network is known that is trusted: then nothing can be said. */
export function checkAuthors(params: NetworkParams | undefined, shown: ShownText): Verdict {
  if (params === undefined) return unchecked([], NETWORK_UNKNOWN);
  const checked = checkEntryText(params, shown);
  if (!checked.ok) return checked.fault;
  const { authors, steps } = checked.value;
  const text =
    authors.length === 0
      ? 'Nobody has signed this entry.'
      : `${counted(authors.length, 'author has', 'authors have')} signed this entry, exactly as it is shown.`;
  return verified(text, steps, { authors });
}

/** The entry by itself, or the verdict that refutes it. */
export function checkEntryText(params: NetworkParams, shown: ShownText): Result<CheckedEntry, Verdict> {
  const id = parseHash(shown.id);
  if (id === undefined) return fail(refuted([], idStep('This is no id of an entry.', shown.id, shown.id)));
  const canonical = canonicalize(shown.text, params);
  if (!canonical.ok) {
    return fail(refuted([], idStep('What is shown is nothing that an entry could be.', id, canonical.fault.code)));
  }
  const bytes = encodeUtf8(canonical.value);
  const own = hashLeaf(bytes);
  if (own !== id) {
    const text = 'What is shown is not the entry with this id: its own id is another one. It was changed on the way.';
    return fail(refuted([], idStep(text, id, own)));
  }
  const steps: CheckStep[] = [
    {
      code: 'entry-id',
      outcome: 'passed',
      title: 'The entry',
      text: 'The text that is shown was hashed here: the hash is the id that everything below is about.',
      facts: [hashFact('id', id), numberFact('bytes', bytes.length)],
    },
  ];
  const checked = checkEntryRules(bytes, id, params);
  if (!checked.ok) {
    const { fault } = checked;
    const facts = 'author' in fault ? [textFact('author', fault.author)] : [];
    const text = `${describeEntryRuleFault(fault)} No honest node has such an entry.`;
    return fail(refuted(steps, { code: fault.code, title: SIGNATURES, text, facts }));
  }
  const authors = checked.value;
  if (authors.length > 0) steps.push(signaturesStep(authors));
  return ok({ id, authors, steps });
}

function signaturesStep(authors: readonly Authorship[]): CheckStep {
  const what = authors.length === 1 ? 'The signature was' : `All ${authors.length} signatures were`;
  return {
    code: 'entry-authors',
    outcome: 'passed',
    title: SIGNATURES,
    text: `${what} checked here, with the public key that is the author's name: this text was signed, for this network.`,
    facts: authors.map(({ author }) => textFact('author', author)),
  };
}

function idStep(text: string, id: string, own: string): Omit<CheckStep, 'outcome'> {
  return { code: 'entry-id', title: 'The entry', text, facts: [hashFact('id', id), hashFact('found', own)] };
}

const SIGNATURES = 'Its signatures';
const NETWORK_UNKNOWN: Omit<CheckStep, 'outcome'> = {
  code: 'tip-unknown',
  title: SIGNATURES,
  text: 'It is not known yet which network this is, so there is nothing to hold the signatures against.',
  facts: [],
};
