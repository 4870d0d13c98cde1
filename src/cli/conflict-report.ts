/** What `cairn verify` says of evidence against an author (docs/spec/authors.md#evidence). */
import { assertNever } from '../core/assert.ts';
import type { AuthorConflict } from '../core/author-chain.ts';
import {
  EVIDENCE_FORMAT,
  type EvidenceFault,
  parseConflictEvidence,
  type VerifiedConflict,
  verifyConflictEvidence,
} from '../core/author-conflict.ts';
import { genesisHash } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { describeJsonDamage } from '../core/json-fault.ts';
import { jsonValue, readMembers } from '../core/json-text.ts';
import { fail, type Result } from '../core/result.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';
import { describeOtherNetwork, type Proof, type ReportOptions, tellProof, tellRefusal } from './verdict-report.ts';

/** Whether `bytes` say that they are evidence. Whether they are some is for `tellConflict`. */
export function isConflictFile(bytes: Uint8Array): boolean {
  const members = readMembers(Buffer.from(bytes).toString('utf8'));
  return members.ok && members.value.get('format') === jsonValue(EVIDENCE_FORMAT);
}

/** Prints what the evidence proves, or why it proves nothing. True where it holds, for the network of `genesis`. */
export async function tellConflict(
  terminal: Terminal,
  { bytes, genesis }: { readonly bytes: Uint8Array; readonly genesis: Hash },
  options: ReportOptions,
): Promise<boolean> {
  const judged = judge(bytes, genesis);
  if (judged.ok) {
    await tellProof(terminal, proofOf(judged.value, genesis), options);
  } else {
    const { code } = judged.fault;
    await tellRefusal(terminal, { kind: 'evidence', code, message: describeFault(judged.fault) }, options);
  }
  return judged.ok;
}

function proofOf({ author, conflict, network }: VerifiedConflict, genesis: Hash): Proof {
  const { sequence, earlier, later } = conflict;
  return {
    kind: 'evidence',
    verdict: 'proven',
    sentence: 'The author has signed what nobody may sign both of.',
    rows: [
      ['author', author],
      ['conflict', describeConflict(conflict)],
      ['earlier', earlier],
      ['later', later],
      ['network', `${network}, genesis ${genesis}`],
    ],
    facts: { network, genesis, author, conflict: conflict.kind, sequence, statements: [earlier, later] },
    steps: [],
  };
}

/** Of two statements of one author. */
function describeConflict({ kind, sequence }: AuthorConflict): string {
  return kind === 'sequence-twice'
    ? `two entries have the number ${formatCount(sequence)}`
    : `the entry with the number ${formatCount(sequence)} names another as the one before it than that with the number ${formatCount(sequence - 1)}`;
}

type Fault =
  | EvidenceFault
  | { readonly code: 'evidence-network-other'; readonly network: string; readonly genesis: Hash };

function judge(bytes: Uint8Array, genesis: Hash): Result<VerifiedConflict, Fault> {
  const evidence = parseConflictEvidence(bytes);
  if (!evidence.ok) return evidence;
  const { params } = evidence.value;
  const itsGenesis = genesisHash(params);
  if (itsGenesis !== genesis) {
    return fail({ code: 'evidence-network-other', network: params.name, genesis: itsGenesis });
  }
  return verifyConflictEvidence(evidence.value);
}

function describeFault(fault: Fault): string {
  switch (fault.code) {
    case 'evidence-too-large':
      return `It is over ${fault.limitBytes} bytes, which no evidence is.`;
    case 'evidence-not-utf8':
      return 'It is no text in UTF-8.';
    case 'evidence-not-json':
      return `It is no evidence: ${describeJsonDamage(fault.fault)}`;
    case 'evidence-member-invalid':
      return `Its member ${JSON.stringify(fault.member)} is missing, not of its form, or unknown.`;
    case 'evidence-network-invalid':
      return `What it says of its network is none (${fault.fault.code}).`;
    case 'evidence-network-other':
      return describeOtherNetwork(fault);
    case 'evidence-entry-invalid':
      return `${entryName(fault.entry)} cannot be one: ${describeJsonDamage(fault.fault)}`;
    case 'evidence-author-other':
      return `${entryName(fault.entry)} has no proof of the author.`;
    case 'evidence-domain-other':
      return `${entryName(fault.entry)} is signed for another network, ${fault.domain}.`;
    case 'evidence-signature-wrong':
      return `The author's signature of ${entryName(fault.entry).toLowerCase()} does not hold.`;
    case 'evidence-no-conflict':
      return 'Both are signed by the author, who may have signed both and kept to the rules.';
    default:
      return assertNever(fault);
  }
}

function entryName(entry: number): string {
  return `The ${entry === 0 ? 'first' : 'second'} entry`;
}
