/** What `cairn verify` prints of a file, in the same words, rows and members whatever the file turns out to be. */
import type { CheckStep } from '../core/check-step.ts';
import type { Hash } from '../core/hash.ts';
import type { Terminal } from './terminal.ts';

export interface ReportOptions {
  /** What people know the file by. */
  readonly name: string;
  /** Tells each thing that was checked, where it is told to people. */
  readonly steps?: boolean;
  /** One line of JSON, for programs. */
  readonly json?: boolean;
}

/** What a file is judged as. One that does not say what it is counts as a receipt. */
export type ProofKind = 'receipt' | 'archive' | 'evidence';

/** What a file proves. */
export interface Proof {
  readonly kind: ProofKind;
  /** What stands behind the file's name: `on record`. */
  readonly verdict: string;
  /** More of that in a sentence. */
  readonly sentence?: string;
  /** For people: labels of at most eight letters, and what belongs to them. */
  readonly rows: readonly (readonly [label: string, value: string])[];
  /** For programs: the members of its JSON, beside `file`, `valid` and `kind`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What was checked, in order; empty where that is not told. */
  readonly steps: readonly CheckStep[];
}

/** Why a file proves nothing. */
export interface Refusal {
  readonly kind: ProofKind;
  readonly code: string;
  /** English sentences. */
  readonly message: string;
  /** Of the block that is to blame, where there is one. */
  readonly height?: number | undefined;
}

export async function tellProof(
  terminal: Terminal,
  { kind, verdict, sentence, rows, facts, steps }: Proof,
  options: ReportOptions,
): Promise<void> {
  if (options.json === true) {
    const told = steps.length === 0 ? facts : { ...facts, steps };
    await terminal.print(JSON.stringify({ file: options.name, valid: true, kind, ...told }));
    return;
  }
  const more = sentence === undefined ? '' : ` ${sentence}`;
  await terminal.print(`${options.name}: ${terminal.style('green', verdict)}.${more}`);
  for (const [label, value] of rows) await terminal.print(`  ${label.padEnd(LABEL_WIDTH)} ${value}`);
  if (options.steps !== true) return;
  for (const line of steps.flatMap(stepLines)) await terminal.print(line);
}

export async function tellRefusal(terminal: Terminal, refusal: Refusal, options: ReportOptions): Promise<void> {
  const { code, message } = refusal;
  await terminal.print(
    options.json === true
      ? JSON.stringify({ file: options.name, valid: false, ...refusal })
      : `${options.name}: ${terminal.style('red', 'not proven')}. ${message} (${code})`,
  );
}

/** Of a file that may be all right, in another network than the one that the reader has in mind. */
export function describeOtherNetwork({
  network,
  genesis,
}: {
  readonly network: string;
  readonly genesis: Hash;
}): string {
  return (
    `It is of another network, "${network}" with the genesis ${genesis}. Compare that with what the people of that network publish; ` +
    `where it is the one you mean, say so: --genesis ${genesis}.`
  );
}

function stepLines({ title, text, facts }: CheckStep): string[] {
  const widest = Math.max(...facts.map(({ name }) => name.length));
  return ['', `  ${title}: ${text}`, ...facts.map(({ name, value }) => `    ${name.padEnd(widest)}  ${value}`)];
}

const LABEL_WIDTH = 8;
