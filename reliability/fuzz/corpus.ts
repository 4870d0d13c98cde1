/**
 * The kept inputs of a target: those that went where no other did, and those that once broke something. A file for each
 * target, an input a line, so that a change of them can be read.
 */
import { readFile, writeFile } from 'node:fs/promises';

/** `grown`: found to lead somewhere new, replaced as a whole. `cases`: broke something once, and stay. */
export type CorpusKind = 'grown' | 'cases';

/** None where there is no file. */
export async function readCorpus(kind: CorpusKind, target: string): Promise<Uint8Array[]> {
  let text: string;
  try {
    text = await readFile(corpusFile(kind, target), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(inputOf);
}

export async function writeCorpus(kind: CorpusKind, target: string, inputs: readonly Uint8Array[]): Promise<void> {
  const lines = [...new Set(inputs.map(lineOf))].sort();
  await writeFile(corpusFile(kind, target), lines.map((line) => `${line}\n`).join(''));
}

/** Adds a case, if it is not there. */
export async function keepCase(target: string, input: Uint8Array): Promise<void> {
  await writeCorpus('cases', target, [...(await readCorpus('cases', target)), input]);
}

/** `input` as one line: printable ASCII as it is, other bytes as `\x0a`, and `\\` for a backslash. Begins with a quote. */
export function lineOf(input: Uint8Array): string {
  let line = '"';
  for (const byte of input) {
    if (byte === BACKSLASH) line += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) line += String.fromCharCode(byte);
    else line += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return line;
}

/** The bytes of a line that `lineOf` has written. */
export function inputOf(line: string): Uint8Array {
  const characters = line.slice(1).replace(/\\(?:x([0-9a-f]{2})|\\)/g, (_, hex: string | undefined) => {
    return hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16));
  });
  return Uint8Array.from(Buffer.from(characters, 'latin1'));
}

function corpusFile(kind: CorpusKind, target: string): URL {
  return new URL(`./${kind}/${target}.txt`, import.meta.url);
}

const BACKSLASH = 0x5c;
