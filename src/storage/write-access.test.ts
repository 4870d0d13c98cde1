import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isWriteRefusal, writeObstacle } from './write-access.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-access-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('nothing is in the way of a file that may be written, whether it is there or not', () => {
  const file = join(root, 'file');
  assert.equal(writeObstacle(file), undefined);
  writeFileSync(file, '');
  assert.equal(writeObstacle(file), undefined);
});

test('only what the system says of rights and of disks that take no writes is a refusal to write', () => {
  const errorOf = (code: string) => Object.assign(new Error(code), { code });
  for (const code of ['EROFS', 'EACCES', 'EPERM']) assert.ok(isWriteRefusal(errorOf(code)), code);
  for (const code of ['ENOENT', 'EIO', 'ENOSPC']) assert.ok(!isWriteRefusal(errorOf(code)), code);
  assert.ok(!isWriteRefusal(new Error('EROFS')));
});
