/**
 * Records the hash of every file in a folder, and leaves a receipt beside each:
 * `node examples/notarised-files/notarise-folder.mjs http://127.0.0.1:8080 FOLDER`.
 *
 * The files themselves go nowhere, and those that have a receipt are left alone. `npx cairn verify FILE` finds the receipt and says
 * since when the file has been on record, as does `python3 examples/verify_receipt.py FILE`. `npx cairn notarize` does the same from
 * the command line.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'cairn-ledger';

const [gateway, folder] = process.argv.slice(2);
if (gateway === undefined || folder === undefined) {
  console.error('usage: notarise-folder.mjs GATEWAY FOLDER, such as http://127.0.0.1:8080 contracts');
  process.exit(2);
}

const RECEIPT = '.receipt.json';
const ledger = await connect(gateway);
const names = (await readdir(folder, { withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map(({ name }) => name);
const done = new Set(names.filter((name) => name.endsWith(RECEIPT)));
const files = names.filter((name) => !name.endsWith(RECEIPT) && !done.has(`${name}${RECEIPT}`)).sort();

const entries = [];
for (const name of files) entries.push(await describeFile(name));
// All are handed in before the first is waited for, so that they may share a block.
const submissions = await ledger.appendAll(entries);
for (const [i, name] of files.entries()) {
  const { id } = submissions[i];
  await ledger.wait(id);
  const { text, height } = await ledger.receipt(id);
  await writeFile(join(folder, `${name}${RECEIPT}`), text);
  console.log(`${name}: on record in block ${height}`);
}

/** The entry of a file, as `cairn notarize` makes it (docs/spec/receipt.md). A file of any size takes no more memory than a small one. */
async function describeFile(name) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(join(folder, name))) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { name, sha256: hash.digest('hex'), size, type: 'cairn/file/1' };
}
