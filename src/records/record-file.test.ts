import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bodyOf } from '../../test/support/chain-fixture.ts';
import type { Body } from '../core/body.ts';
import { hashBytes } from '../core/hash.ts';
import { createRecordFile, openRecordFile } from './record-file.ts';
import { RecordTable } from './record-table.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-record-file-'));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(root, `${files++}.sqlite`);

test('a file with other indexes is begun anew, and one with the same is taken as it is', () => {
  const path = newPath();
  const write = (pointers: readonly string[], bodies: readonly Body[], fullText = false): number => {
    const database = openRecordFile(path, { pointers, fullText });
    const table = new RecordTable(database);
    const before = table.height;
    table.add(bodies.map((body, height) => ({ height, hash: hashBytes(Buffer.of(height)), time: 0, body })));
    database.close();
    return before;
  };
  assert.equal(write(['/n'], [bodyOf(), bodyOf('1')]), -1);
  assert.equal(write(['/n'], []), 1);
  assert.equal(write(['/m'], [bodyOf()]), -1);
  assert.equal(write(['/m', '/n'], [bodyOf()]), -1);
  assert.equal(write(['/m'], []), -1);
  assert.equal(write([], [bodyOf()], true), -1);
  assert.equal(write([], [], true), 0);
  assert.equal(write([], [bodyOf()]), -1);
  assert.equal(write([], [bodyOf()], true), -1);
});

test('a file whose words were told apart by another version of Unicode is begun anew', () => {
  const path = newPath();
  const indexes = { pointers: [], fullText: true };
  const database = createRecordFile(path, indexes);
  new RecordTable(database).add([{ height: 0, hash: hashBytes(Buffer.of(0)), time: 0, body: bodyOf() }]);
  database.exec("UPDATE full_text SET unicode = '5.0'");
  database.close();
  const again = openRecordFile(path, indexes);
  assert.equal(new RecordTable(again).height, -1);
  again.close();
});

test('a file that lacks a table is begun anew', () => {
  for (const table of ['fields', 'blocks', 'field_0']) {
    const path = newPath();
    const indexes = { pointers: ['/n'], fullText: false };
    const database = createRecordFile(path, indexes);
    new RecordTable(database).add([{ height: 0, hash: hashBytes(Buffer.of(0)), time: 0, body: bodyOf() }]);
    database.exec(`DROP TABLE ${table}`);
    database.close();
    const again = openRecordFile(path, indexes);
    assert.equal(new RecordTable(again).height, -1);
    again.close();
  }
});
