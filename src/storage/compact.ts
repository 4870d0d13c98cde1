/** Gives back to the file system what a store no longer needs. */
import { statSync } from 'node:fs';
import type { NetworkParams } from '../core/params.ts';
import { openEntryIndex } from './entry-index-file.ts';
import type { Database } from './sqlite-database.ts';
import { openDatabase } from './sqlite-schema.ts';

export interface CompactReport {
  /** Of the files of the store together. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Writes the files of the store in `folder` anew, without gaps and in order. Needs as much room as the store has while
 * it works, and nobody may have the store open. A crash leaves each file as it was or as it becomes.
 */
export async function compactStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Promise<CompactReport> {
  const chain = openDatabase({ ...options, create: false });
  try {
    const index = openEntryIndex(options.folder);
    try {
      const before = sizeOf(chain) + sizeOf(index);
      compact(chain);
      index.exec("INSERT INTO entry_index (entry_index) VALUES ('optimize')");
      compact(index);
      return { bytesBefore: before, bytesAfter: sizeOf(chain) + sizeOf(index) };
    } finally {
      index.close();
    }
  } finally {
    chain.close();
  }
}

function compact(database: Database): void {
  // VACUUM goes through the log; the checkpoint cuts both.
  database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Once the log has been moved into the file. */
function sizeOf(database: Database): number {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return statSync(database.path).size;
}
