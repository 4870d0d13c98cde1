/** A file that remembers how far a stream of records was taken: one line with a cursor, replaced as a whole. */
import { readFile } from 'node:fs/promises';
import { parseRecordCursor } from '../api/record-cursor.ts';
import { CommandError, codeOf, EXIT_CODES, fileUnreadable } from './command-error.ts';
import { writeWhole } from './file-sink.ts';
import type { Terminal } from './terminal.ts';

/** The cursor in the file; undefined where there is no such file. Throws a `CommandError`. */
export async function readCursorFile(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileUnreadable(path, cause);
  }
  if (parseRecordCursor(text) !== undefined) return text;
  const message = `${path}: it holds no cursor. Name another file, or take this one away to begin anew.`;
  throw new CommandError(EXIT_CODES.usage, 'cursor-file-invalid', message);
}

/** Durable when it resolves. Whoever is interrupted before has the cursor of before. */
export async function writeCursorFile(terminal: Terminal, path: string, cursor: string): Promise<void> {
  await writeWhole(terminal, path, Buffer.from(`${cursor}\n`));
}
