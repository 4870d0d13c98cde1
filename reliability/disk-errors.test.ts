/** A disk that answers with errors: the store stops at the first that leaves in doubt what the disk holds, and loses nothing sure. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../src/storage/sqlite-store.ts';
import { TEST_PARAMS } from '../test/support/chain-fixture.ts';
import { canRecord } from './power-loss/recording.ts';
import type { Saying } from './power-loss/workload.ts';
import { fingerprint } from './store-changes.ts';

const skip = canRecord() ? false : 'this machine lets no process be watched with strace';
const CHILD = fileURLToPath(new URL('./power-loss/workload-child.ts', import.meta.url));

/** So many calls go well: those of the opening, and some commits. */
const CALLS_BEFORE = { fsync: [35, 60], pwrite64: [130, 900] } as const;

for (const { call, error, code } of [
  { call: 'fsync', error: 'EIO', code: 'store-io' },
  { call: 'pwrite64', error: 'EIO', code: 'store-io' },
  { call: 'fsync', error: 'ENOSPC', code: 'store-io' },
  { call: 'pwrite64', error: 'ENOSPC', code: 'store-full' },
] as const) {
  test(`${error} from ${call} ends in ${code}, and what was sure is there afterwards`, { skip }, async () => {
    for (const when of CALLS_BEFORE[call]) {
      const root = mkdtempSync(join(tmpdir(), 'cairn-errors-'));
      try {
        const injected = [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:error=${error}:when=${when}+`,
        ];
        const command = [process.execPath, CHILD, 'commits', root];
        const { stdout, stderr, status } = spawnSync('strace', [...injected, ...command], { encoding: 'utf8' });
        assert.notEqual(status, 0);
        assert.match(stderr, new RegExp(`code: '${code}'`));
        const sayings: Saying[] = JSON.parse(`[${stdout.replaceAll('}{', '},{')}]`);
        const [before, last] = sayings.slice(-2);
        assert.deepEqual([before?.type, last?.type], ['sure', 'try'], 'it was in the middle of a commit');
        const store = await openSqliteStore({ folder: join(root, 'data'), params: TEST_PARAMS });
        assert.ok([before?.state, last?.state].includes(await fingerprint(store)));
        await store.close();
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }
  });
}
