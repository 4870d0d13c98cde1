/** Data folders as they were before the rules for entries, made by taking away what newer versions note in them. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NetworkParams } from '../../src/core/params.ts';
import { openThreadedStore } from '../../src/storage/threaded-store.ts';
import type { BuiltChain } from './chain-fixture.ts';
import { growth } from './store-change.ts';

/** Writes a folder with `chain`, of which nobody has judged whether it obeys today's rules for entries. */
export async function writeOlderFolder(folder: string, params: NetworkParams, chain: BuiltChain): Promise<void> {
  const store = await openThreadedStore({
    folder,
    params,
    onFailure: (error) => {
      throw error;
    },
  });
  await store.commit(growth(chain));
  await store.close();
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec("DELETE FROM meta WHERE key IN ('entry_rules', 'chain_rules')");
  database.close();
}
