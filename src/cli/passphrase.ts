/** Passphrases of keys: from a file, or typed by somebody, and never shown. */
import { openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { CommandError, describeReadFailure, EXIT_CODES } from './command-error.ts';
import type { Terminal } from './terminal.ts';

/** The passphrase for a key that is locked: in `file` where that is named, or else typed. Throws a `CommandError`. */
export async function readPassphrase(terminal: Terminal, file: string | undefined, question: string): Promise<string> {
  return checked(file === undefined ? await typedPassphrase(terminal, question) : await readFirstLine(file));
}

/** A passphrase to lock a key with: typed twice where it is typed. Throws a `CommandError` where it will not do. */
export async function choosePassphrase(terminal: Terminal, file: string | undefined): Promise<string> {
  const passphrase = await readPassphrase(terminal, file, 'Passphrase for the key: ');
  if ([...passphrase].length < PASSPHRASE_CHARACTERS_MIN) {
    throw unfit(`The passphrase is too short: it takes ${PASSPHRASE_CHARACTERS_MIN} characters or more.`);
  }
  if (file === undefined && checked(await typedPassphrase(terminal, 'The same once more: ')) !== passphrase) {
    throw unfit('The two are not the same; nothing was written.');
  }
  return passphrase;
}

/** A line that somebody types, who sees it. Only where stdin is a terminal. */
export async function readLine(terminal: Terminal, question: string): Promise<string> {
  terminal.ask(question);
  try {
    return await lineOf(terminal.stdin);
  } finally {
    terminal.stdin.pause();
  }
}

async function readFirstLine(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PASSPHRASE_BYTES_MAX + 2));
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1);
    return line;
  } catch (cause) {
    const message = `${path}: the passphrase cannot be read: ${describeReadFailure(cause)}.`;
    throw new CommandError(EXIT_CODES.configuration, 'passphrase-unreadable', message, cause);
  }
}

/** One line from a person, without an echo; from the terminal itself where stdin is a pipe. */
async function typedPassphrase(terminal: Terminal, question: string): Promise<string> {
  const { stdin } = terminal;
  const source = stdin.isTTY === true ? stdin : openTerminal();
  if (source === undefined) {
    const message = 'The key takes a passphrase, and nobody is there to type it: name a file with --passphrase-file.';
    throw new CommandError(EXIT_CODES.usage, 'passphrase-missing', message);
  }
  terminal.ask(question);
  setRaw(source, true);
  try {
    return await lineOf(source);
  } finally {
    setRaw(source, false);
    terminal.talk('');
    if (source === stdin) stdin.pause();
    else source.destroy();
  }
}

function lineOf(source: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let line: Buffer = Buffer.alloc(0);
    const settle = (): void => {
      source.off('data', take).off('end', end);
    };
    const end = (): void => {
      settle();
      reject(new CommandError(EXIT_CODES.interrupted, 'interrupted', 'Interrupted.'));
    };
    const take = (chunk: Uint8Array | string): void => {
      const bytes = Buffer.from(chunk);
      for (const [i, byte] of bytes.entries()) {
        if (byte === CTRL_C || byte === CTRL_D) {
          end();
          return;
        }
        if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
          settle();
          source.pause();
          // What was typed ahead is for whoever reads next.
          if (i + 1 < bytes.length) source.unshift(bytes.subarray(i + 1));
          resolve(line.toString('utf8'));
          return;
        }
        if (byte === BACKSPACE || byte === DELETE) line = withoutLast(line);
        else if (line.length <= PASSPHRASE_BYTES_MAX) line = Buffer.concat([line, Uint8Array.of(byte)]);
      }
    };
    source.on('data', take).on('end', end);
    source.resume();
  });
}

function withoutLast(line: Buffer): Buffer {
  return Buffer.from([...line.toString('utf8')].slice(0, -1).join(''), 'utf8');
}

/** Letters with marks are typed in one way on one machine and in another on the next: NFC makes them the same. */
function checked(line: string): string {
  const passphrase = line.normalize('NFC');
  if (passphrase === '') throw unfit('The passphrase is empty.');
  if (Buffer.byteLength(passphrase) <= PASSPHRASE_BYTES_MAX) return passphrase;
  throw unfit(`The passphrase is too long: it may have ${PASSPHRASE_BYTES_MAX} bytes.`);
}

function unfit(message: string): CommandError {
  return new CommandError(EXIT_CODES.usage, 'passphrase-unfit', message);
}

function openTerminal(): ReadStream | undefined {
  try {
    return new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    return undefined;
  }
}

function setRaw(source: Readable, isRaw: boolean): void {
  if (source instanceof ReadStream) source.setRawMode(isRaw);
}

/** A file that is stolen can be tried against every short one. */
const PASSPHRASE_CHARACTERS_MIN = 8;
/** What OpenSSL reads. */
const PASSPHRASE_BYTES_MAX = 1_024;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DELETE = 0x7f;
