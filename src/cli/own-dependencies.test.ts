/** The data of the demonstration is the lock file's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import lockFile from '../../package-lock.json' with { type: 'json' };
import { readOwnDependencies } from './own-dependencies.ts';

test('every package with an integrity hash is there once, in canonical form', async () => {
  const entries = await readOwnDependencies();
  assert.equal(new Set(entries).size, entries.length);
  const expected = new Set(
    Object.entries(lockFile.packages).flatMap(([path, about]) =>
      'integrity' in about ? [`${path.replace(/^.*node_modules\//, '')} ${about.version} ${about.integrity}`] : [],
    ),
  );
  assert(expected.size > 100);
  const found = entries.map((entry) => {
    assert.match(entry, /^\{"integrity":"sha512-[^"]+","name":"[^"]+","version":"[^"]+"\}$/);
    const { name, version, integrity } = JSON.parse(entry);
    return `${name} ${version} ${integrity}`;
  });
  assert.deepEqual(new Set(found), expected);
});
