/** Files come to stand where they are named whole or not at all, and where none can stand it is said at once. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { checkPlace, openSink, writeWhole } from './file-sink.ts';
import { Terminal } from './terminal.ts';

const terminal = new Terminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() });

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-sink-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('what is there is replaced when all is written, and stays where it is given up', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'file');
  await writeWhole(terminal, path, Buffer.from('first'));
  const sink = await openSink(terminal, path);
  await sink.write(Buffer.from('sec'));
  assert.equal(await readFile(path, 'utf8'), 'first');
  await sink.discard();
  assert.deepEqual(await readdir(folder), ['file']);
  await writeWhole(terminal, path, Buffer.from('second'));
  assert.equal(await readFile(path, 'utf8'), 'second');
  assert.deepEqual(await readdir(folder), ['file']);
});

for (const [what, place, says] of [
  ['in a folder that is not there', 'none/file', /none\/file: there is no such folder to write into\.$/],
  ['below a file', 'file/below', /file\/below: there is no such folder to write into\.$/],
  ['where a folder is', 'folder', /folder: it is a folder, and not a file\.$/],
] as const) {
  test(`no file can be written ${what}, which is a mistake of who named it, and nothing is left`, async (t) => {
    const folder = await makeFolder(t);
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder'));
    const path = join(folder, place);
    const expected = { name: 'CommandError', code: 'file-unwritable', exitCode: 2, message: says };
    await assert.rejects(openSink(terminal, path), expected);
    await assert.rejects(checkPlace(path), expected);
    assert.deepEqual((await readdir(folder)).toSorted(), ['file', 'folder']);
  });
}
