import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CommandError } from './command-error.ts';
import { digestFile } from './file-digest.ts';

const folder = await mkdtemp(join(tmpdir(), 'cairn-digest-'));
after(() => rm(folder, { recursive: true, force: true }));

for (const sizeBytes of [0, 1, 1_048_576, 5_000_001]) {
  test(`a file of ${sizeBytes} bytes has their hash, and each piece that was read is told of`, async () => {
    const path = join(folder, `${sizeBytes}.bin`);
    const content = Buffer.alloc(sizeBytes, 'cairn ');
    await writeFile(path, content);
    const told: number[] = [];
    const digest = await digestFile(path, (readBytes, of) => {
      assert.equal(of, sizeBytes);
      told.push(readBytes);
    });
    assert.deepEqual(digest, { sha256: createHash('sha256').update(content).digest('hex'), sizeBytes });
    assert.equal(told.at(-1) ?? 0, sizeBytes);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });
}

test('a file that is written to while it is read has no hash', async () => {
  const path = join(folder, 'growing.log');
  await writeFile(path, Buffer.alloc(3_000_000));
  const digest = digestFile(path, () => appendFileSync(path, 'one line more'));
  await assert.rejects(digest, (error) => error instanceof CommandError && error.code === 'file-changing');
});

for (const [what, path, says] of [
  ['that is not there', join(folder, 'none'), /: there is no such file\.$/],
  ['that is a folder', folder, /: it is a folder, and not a file\.$/],
] as const) {
  test(`a file ${what} cannot be read`, async () => {
    await assert.rejects(digestFile(path), { code: 'file-unreadable', message: says });
  });
}
