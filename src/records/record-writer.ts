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
  #file: OpenFile | undefined;
  /** Taken, and not written yet. */
  #blocks: RecordedBlock[] = [];
  #entries = 0;
  #sizeBytes = 0;

  constructor(settings: RecordThreadSettings) {
    this.#settings = settings;
  }

  answer(question: WriterQuestion): WriterAnswers[WriterQuestion['type']] {
    const table = this.#file?.table;
    switch (question.type) {
      case 'open':
        if (question.isAnew) this.#discard();
        else if (table !== undefined) return false;
        this.#file = openFile(this.#settings);
        return true;
      case 'locate':
        this.#forget();
        return table?.locator() ?? [];
      case 'cut':
        table?.cutAbove(question.height);
        return table?.height ?? -1;
      case 'take':
        return table === undefined ? undefined : this.#take(table, question);
      case 'close':
        this.#close();
        return undefined;
      default:
        return assertNever(question);
    }
  }

  #discard(): void {
    this.#forget();
    this.#close();
    removeRecordFile(this.#settings.path);
  }

  #close(): void {
    this.#file?.database.close();
    this.#file = undefined;
  }

  #take(table: RecordTable, { blocks, isLast }: Extract<WriterQuestion, { type: 'take' }>): number | undefined {
    const [first] = blocks;
    const last = this.#blocks.at(-1)?.height ?? table.height;
    if (first !== undefined && first.height !== last + 1) return undefined;
    for (const block of blocks) this.#collect(block);
    if (isLast || this.#entries >= BATCH_ENTRIES || this.#sizeBytes >= BATCH_BYTES) {
      const batch = this.#blocks;
      this.#forget();
      table.add(batch);
    }
    return table.height;
  }

  #collect({ height, hash, time, body: bytes }: CarriedBlock): void {
    // The body of the genesis follows no rule but its own.
    const body = height === 0 ? { ok: true as const, value: GENESIS_BODY } : parseBody(bytes, this.#settings.params);
    assert(body.ok, 'a stored body follows the rules');
    this.#blocks.push({ height, hash, time, body: body.value });
    this.#entries += entryCount(body.value);
    this.#sizeBytes += bytes.length;
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
