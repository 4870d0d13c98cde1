/**
 * How far a file has been appended, kept in the home, so that an interrupted append goes on without a gap and without entries
 * twice.
 *
 * Two places matter. What is before `acknowledged` is durable at a node. What is between it and `reservedBytes` may have been sent,
 * and nobody knows what became of it: it is sent again as entries that are to be recorded once. The reserve is written
 * before anything of it is sent, so this holds after a power cut, too.
 */
import { createHash, type Hash as Hasher } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { CairnHome } from '../probe/cairn-home.ts';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';
import { writeWhole } from './file-sink.ts';
import { INPUT_START, type LinePosition } from './line-splitter.ts';
import type { Terminal } from './terminal.ts';

/** Of one file and one network. */
export interface JournalName {
  readonly home: CairnHome;
  readonly file: string;
  /** The network's. Nodes of one network share what they are given, so it does not matter which of them was given it. */
  readonly genesis: string;
}

/** What an earlier run has left. */
export interface JournalState {
  readonly acknowledged: LinePosition;
  readonly reservedBytes: number;
  /** The id of the last acknowledged entry; undefined where there is none. */
  readonly lastId: string | undefined;
  /** SHA-256 of the file up to `acknowledged`, in hex. */
  readonly sha256: string;
}

/** The state that an earlier run has left; undefined where there was none. Throws a `CommandError` where it cannot be read. */
export async function readJournal(name: JournalName): Promise<JournalState | undefined> {
  const path = await journalPath(name);
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  if (!isJournal(document)) throw unreadable(path, undefined);
  const { acknowledged, reserved_bytes: reservedBytes, last_id: lastId, sha256 } = document;
  return { acknowledged, reservedBytes, lastId: lastId ?? undefined, sha256 };
}

/** Names the journal within the home: for whoever keeps something beside it. */
export async function journalKey({ file, genesis }: Omit<JournalName, 'home'>): Promise<string> {
  const hash = createHash('sha256').update(`${genesis}\0${await realpath(file)}`);
  return hash.digest('hex').slice(0, KEY_DIGITS);
}

/** The journal of a run. To be closed. */
export class AppendJournal {
  readonly #terminal: Terminal;
  readonly #name: JournalName;
  readonly #path: string;
  readonly #file: FileHandle;
  /** Over the file up to `#hashedBytes`. */
  readonly #hasher: Hasher = createHash('sha256');
  #hashedBytes = 0;
  #acknowledged = INPUT_START;
  #reservedBytes = 0;
  #lastId: string | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  /** What is written now, and everything before it. */
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(terminal: Terminal, name: JournalName, path: string, file: FileHandle) {
    this.#terminal = terminal;
    this.#name = name;
    this.#path = path;
    this.#file = file;
  }

  /**
   * Begins at the start of the file, or goes on after `state`. Throws a `CommandError` where the file is no longer the one that
   * `state` is about.
   */
  static async open(terminal: Terminal, name: JournalName, state?: JournalState): Promise<AppendJournal> {
    const path = await journalPath(name);
    await mkdir(name.home.appendsFolder, { recursive: true, mode: 0o700 });
    const journal = new AppendJournal(terminal, name, path, await open(name.file, 'r'));
    try {
      if (state !== undefined) await journal.#continue(state);
      return journal;
    } catch (error) {
      await journal.#file.close();
      throw error;
    }
  }

  /** Where an earlier run may have got without knowing what became of it: entries that end up to here are to be recorded once. */
  get doubtBytes(): number {
    return this.#doubtBytes;
  }
  #doubtBytes = 0;

  /** To be awaited before what ends at `endBytes` is sent. */
  async reserve(endBytes: number): Promise<void> {
    if (endBytes <= this.#reservedBytes) return this.#throwFailure();
    this.#reservedBytes = endBytes + RESERVE_BYTES;
    await this.#write();
  }

  /** All entries up to `end` are durable at the node, the last of them with this id. Written down within a while. */
  acknowledge(end: LinePosition, lastId: string): void {
    this.#acknowledged = end;
    this.#lastId = lastId;
    if (performance.now() - this.#writtenMs < WRITE_INTERVAL_MS) return;
    // Whoever sends more hears that it failed.
    this.#write().catch(() => undefined);
  }

  /** Resolves when what was acknowledged so far is written down durably. */
  flush(): Promise<void> {
    return this.#write();
  }

  /** Writes down where all of it stands. `isWhole` says that of nothing that was sent the outcome is unknown. */
  async close(isWhole: boolean): Promise<void> {
    try {
      if (isWhole) this.#reservedBytes = this.#acknowledged.bytes;
      await this.#write();
    } finally {
      await this.#file.close();
    }
  }

  async #continue({ acknowledged, reservedBytes, lastId, sha256 }: JournalState): Promise<void> {
    const { file } = this.#name;
    this.#acknowledged = acknowledged;
    this.#reservedBytes = reservedBytes;
    this.#doubtBytes = reservedBytes;
    this.#lastId = lastId;
    if ((await this.#hashUpTo(acknowledged.bytes)) !== sha256) {
      const message = `${file}: what stands up to line ${acknowledged.line} is not what was appended from it; leave --resume out to append all of it.`;
      throw new CommandError(EXIT_CODES.refused, 'file-changed', message);
    }
    if (acknowledged.bytes === 0) return;
    const [last, next] = await this.#bytesAround(acknowledged.bytes);
    if (last === LINE_FEED || next === undefined || next === LINE_FEED || next === CARRIAGE_RETURN) return;
    const message = `${file}: line ${acknowledged.line} has grown since it was appended; end each line with a line feed when it is written.`;
    throw new CommandError(EXIT_CODES.refused, 'file-changed', message);
  }

  async #bytesAround(place: number): Promise<readonly (number | undefined)[]> {
    const { buffer, bytesRead } = await this.#file.read(new Uint8Array(2), 0, 2, place - 1);
    return [...buffer.subarray(0, bytesRead)];
  }

  #write(): Promise<void> {
    this.#writtenMs = performance.now();
    this.#writing = this.#writing.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#writeNow();
      } catch (error) {
        this.#failure = error;
      }
    });
    return this.#writing.then(() => this.#throwFailure());
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #writeNow(): Promise<void> {
    const { file, genesis } = this.#name;
    const acknowledged = this.#acknowledged;
    const journal: Journal = {
      acknowledged,
      file: await realpath(file),
      format: JOURNAL_FORMAT,
      genesis,
      last_id: this.#lastId ?? null,
      reserved_bytes: this.#reservedBytes,
      sha256: await this.#hashUpTo(acknowledged.bytes),
    };
    await writeWhole(this.#terminal, this.#path, Buffer.from(`${JSON.stringify(journal)}\n`));
  }

  /** The bytes are read once more, from where the system has them in memory: nobody on the way of the entries has to keep them. */
  async #hashUpTo(endBytes: number): Promise<string> {
    const buffer = new Uint8Array(READ_BYTES);
    while (this.#hashedBytes < endBytes) {
      const length = Math.min(READ_BYTES, endBytes - this.#hashedBytes);
      const { bytesRead } = await this.#file.read(buffer, 0, length, this.#hashedBytes);
      // It is shorter than it was: then the sum is another one, too.
      if (bytesRead === 0) break;
      this.#hasher.update(buffer.subarray(0, bytesRead));
      this.#hashedBytes += bytesRead;
    }
    return this.#hasher.copy().digest('hex');
  }
}

/** The document as it stands in the file. */
interface Journal {
  readonly acknowledged: LinePosition;
  readonly file: string;
  readonly format: typeof JOURNAL_FORMAT;
  readonly genesis: string;
  readonly last_id: string | null;
  readonly reserved_bytes: number;
  readonly sha256: string;
}

async function journalPath({ home, ...name }: JournalName): Promise<string> {
  return join(home.appendsFolder, `${await journalKey(name)}.json`);
}

function isJournal(value: unknown): value is Journal {
  if (!isObject(value) || value['format'] !== JOURNAL_FORMAT || !isObject(value['acknowledged'])) return false;
  const { acknowledged, reserved_bytes: reserved, last_id: lastId, sha256 } = value;
  const { bytes, line } = acknowledged as Readonly<Record<string, unknown>>;
  const hasId = lastId === null || typeof lastId === 'string';
  return isCount(bytes) && isCount(line) && isCount(reserved) && hasId && typeof sha256 === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function unreadable(path: string, cause: unknown): CommandError {
  const message = `${path}: it is no journal of an append, or a damaged one; leave --resume out to begin anew.`;
  return new CommandError(EXIT_CODES.configuration, 'journal-unreadable', message, cause);
}

const JOURNAL_FORMAT = 'cairn/append-journal/1';
/** As many as no two files share by chance. */
const KEY_DIGITS = 32;
/** So far ahead of what is sent: half a second of entries, so that the disk is not asked for each batch. */
const RESERVE_BYTES = 8_388_608;
const WRITE_INTERVAL_MS = 1_000;
const READ_BYTES = 262_144;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
