/**
 * The thread that writes the table of records, behind the tip of the chain and behind everything else on the machine.
 */
import { constants, getPriority, setPriority } from 'node:os';
import { assert, assertNever } from '../core/assert.ts';
import { entryCount, GENESIS_BODY, parseBody } from '../core/body.ts';
import type { Database } from '../storage/sqlite-database.ts';
import { isDamage } from '../storage/store-error.ts';
import { openRecordFile, removeRecordFile } from './record-file.ts';
import { type RecordedBlock, RecordTable } from './record-table.ts';
import type { CarriedBlock, RecordThreadSettings, WriterAnswers, WriterQuestion } from './thread-message.ts';
import { serveThread } from './thread-server.ts';

class RecordWriter {
  readonly #settings: RecordThreadSettings;
  /** Undefined where it was to be made anew and could not be: the next question tries again. */
  #file: OpenFile | undefined;
  /** Taken, and not written yet. */
  #blocks: RecordedBlock[] = [];
  #entries = 0;
  #sizeBytes = 0;

  constructor(settings: RecordThreadSettings) {
    this.#settings = settings;
    this.#file = openFile(settings);
  }

  answer(question: WriterQuestion): WriterAnswers[WriterQuestion['type']] {
    switch (question.type) {
      case 'locate':
        this.#forget();
        return this.#table.locator();
      case 'cut':
        this.#table.cutAbove(question.height);
        return this.#table.height;
      case 'take':
        if (!this.#isNext(question.blocks)) return undefined;
        for (const block of question.blocks) this.#take(block);
        if (question.isLast || this.#entries >= BATCH_ENTRIES || this.#sizeBytes >= BATCH_BYTES) this.#write();
        return this.#table.height;
      case 'anew':
        this.#forget();
        this.#close();
        removeRecordFile(this.#settings.path);
        this.#file = openFile(this.#settings);
        return undefined;
      case 'close':
        this.#close();
        return undefined;
      default:
        return assertNever(question);
    }
  }

  get #table(): RecordTable {
    this.#file ??= openFile(this.#settings);
    return this.#file.table;
  }

  #close(): void {
    this.#file?.database.close();
    this.#file = undefined;
  }

  #isNext([first]: readonly CarriedBlock[]): boolean {
    return first === undefined || first.height === (this.#blocks.at(-1)?.height ?? this.#table.height) + 1;
  }

  #take({ height, hash, time, body: bytes }: CarriedBlock): void {
    // The body of the genesis follows no rule but its own.
    const body = height === 0 ? { ok: true as const, value: GENESIS_BODY } : parseBody(bytes, this.#settings.params);
    assert(body.ok, 'a stored body follows the rules');
    this.#blocks.push({ height, hash, time, body: body.value });
    this.#entries += entryCount(body.value);
    this.#sizeBytes += bytes.length;
  }

  #write(): void {
    const blocks = this.#blocks;
    this.#forget();
    this.#table.add(blocks);
  }

  #forget(): void {
    this.#blocks = [];
    this.#entries = 0;
    this.#sizeBytes = 0;
  }
}

interface OpenFile {
  readonly database: Database;
  readonly table: RecordTable;
}

/** Made anew also where the damage shows only when there is to be written. */
function openFile({ path, indexes }: RecordThreadSettings): OpenFile {
  try {
    return openTable(openRecordFile(path, indexes));
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  removeRecordFile(path);
  return openTable(openRecordFile(path, indexes));
}

function openTable(database: Database): OpenFile {
  try {
    return { database, table: new RecordTable(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

serveThread<RecordThreadSettings, WriterQuestion>((settings) => {
  // On Linux a thread has a priority of its own; elsewhere it would be that of the whole process.
  if (process.platform === 'linux') setPriority(0, Math.max(getPriority(0), constants.priority.PRIORITY_BELOW_NORMAL));
  const writer = new RecordWriter(settings);
  return (question) => writer.answer(question);
});

/** Measured, with three fields: 22 us of processor time a record, where batches of 1,000 take 31 us. */
const BATCH_ENTRIES = 8_192;
const BATCH_BYTES = 4_194_304;
