import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const MAIN = join(import.meta.dirname, 'main.ts');

function reliability(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(process.execPath, [MAIN, ...args]);
}

test('a part is run from its seed, its last line tells everything as JSON, and the page is kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-reliability-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const page = join(folder, 'run.md');
  const { stdout } = await reliability('fuzz', '--share', '0.001', '--seed', '7', '--keep', page);
  const { effort, results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(effort, { column: 'pull-request', share: 0.001, seed: 7 });
  assert.deepEqual([results.length, results[0].name, results[0].failures], [1, 'fuzz', []]);
  assert.match(readFileSync(page, 'utf8'), /^## fuzz$/m);
});

const REFUSED: readonly (readonly string[])[] = [['luck'], ['--share', 'none'], ['--seed', '-1'], ['--often']];
for (const args of REFUSED) {
  test(`${args.join(' ')} is refused, with what there is`, async () => {
    await assert.rejects(reliability(...args), (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 2);
      assert.match(error.stderr, /^ {2}simulation /m);
      return true;
    });
  });
}
