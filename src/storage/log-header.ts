/**
 * The beginning of a database as its log has it.
 *
 * Power that goes while the log is moved into the file may leave the file's first sector torn. SQLite takes the whole page
 * from the log then, so that nothing is lost; but whoever looks at the file alone takes it for something else.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** The first 100 bytes of each first page in the log of the database at `path`, the oldest first. */
export function* headersInLog(path: string): Generator<Buffer, void, undefined> {
  let descriptor: number;
  try {
    descriptor = openSync(`${path}-wal`, 'r');
  } catch {
    return;
  }
  try {
    // https://www.sqlite.org/fileformat2.html §4.1: a header, and then frames, each with the number of its page.
    const log = Buffer.alloc(LOG_HEADER_BYTES);
    if (readSync(descriptor, log, 0, log.length, 0) < log.length || !LOG_MAGICS.has(log.readUInt32BE(0))) return;
    const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + DATABASE_HEADER_BYTES);
    for (let offset = LOG_HEADER_BYTES; ; offset += frameBytes) {
      if (readSync(descriptor, frame, 0, frame.length, offset) < frame.length) return;
      const isOfThisLog = frame.compare(log, 16, 24, 8, 16) === 0;
      if (isOfThisLog && frame.readUInt32BE(0) === 1) yield Buffer.from(frame.subarray(FRAME_HEADER_BYTES));
    }
  } finally {
    closeSync(descriptor);
  }
}

const LOG_MAGICS: ReadonlySet<number> = new Set([0x377f0682, 0x377f0683]);
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const DATABASE_HEADER_BYTES = 100;
