/** The thread that answers queries from the table of records, while another writes it. */
import { assertNever } from '../core/assert.ts';
import type { Database } from '../storage/sqlite-database.ts';
import { readRecordFile } from './record-file.ts';
import { RecordSearch } from './record-search.ts';
import type { ReaderAnswers, ReaderQuestion, RecordThreadSettings } from './thread-message.ts';
import { serveThread } from './thread-server.ts';

class RecordReader {
  readonly #path: string;
  /** Opened by the first page that needs it. */
  #file: { readonly database: Database; readonly search: RecordSearch } | undefined;

  constructor({ path }: RecordThreadSettings) {
    this.#path = path;
  }

  answer(question: ReaderQuestion): ReaderAnswers[ReaderQuestion['type']] {
    switch (question.type) {
      case 'page':
        this.#file ??= openFile(this.#path);
        return this.#file.search.page(question.question);
      case 'close':
        this.#file?.database.close();
        this.#file = undefined;
        return undefined;
      default:
        return assertNever(question);
    }
  }
}

function openFile(path: string): { readonly database: Database; readonly search: RecordSearch } {
  const database = readRecordFile(path);
  try {
    return { database, search: new RecordSearch(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

serveThread<RecordThreadSettings, ReaderQuestion>((settings) => {
  const reader = new RecordReader(settings);
  return (question) => reader.answer(question);
});
