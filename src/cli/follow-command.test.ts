/** What `cairn follow` does when a node goes away, and when nobody reads any further. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { formatRecordCursor } from '../api/record-cursor.ts';
import { hashBytes } from '../core/hash.ts';
import type { JsonText } from '../core/json-text.ts';
import { startGateway } from '../gateway/canned-node.fixture.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import { runProgram } from './program.ts';

const HASH = hashBytes(new Uint8Array(1));

function cursor(position: number): string {
  return formatRecordCursor({ height: 7, hash: HASH, position });
}

function eventAt(position: number): string {
  return `{"type":"added","cursor":"${cursor(position)}","record":{"data":{"9":1e21,"__proto__":${position}}}}`;
}

function page(...positions: readonly number[]): RpcAnswer {
  const tip = `{"height":7,"hash":"${HASH}"}`;
  const json = `{"events":[${positions.map(eventAt)}],"cursor":"${cursor(positions.at(-1) ?? 0)}","tip":${tip},"caught_up":true}`;
  return { type: 'result', json: json as JsonText };
}

/** `cairn follow` at a node that tells what the test gives it. Its stdout has no reader any more after so many writes. */
async function startFollowing(t: TestContext, writes: number) {
  const { node, home, stop } = await startGateway();
  t.after(stop);
  const printed: string[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      if (printed.length >= writes) return done(Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));
      printed.push(String(chunk));
      done();
    },
  });
  const talk: string[] = [];
  const stderr = new PassThrough();
  stderr.on('data', (data) => talk.push(String(data)));
  const file = join(home.root, 'seen.cursor');
  const run = () =>
    runProgram(['follow', String(node.port), '--cursor-file', file], {
      streams: { stdin: new PassThrough(), stdout, stderr },
      env: { CAIRN_HOME: home.root },
    });
  const asked = () =>
    node.ledger.calls.filter(({ method }) => method === 'follow').map(({ params }) => JSON.parse(params).after);
  return { node, file, printed, talk, run, asked };
}

test('a node that goes away is waited for, and followed from where it was left', async (t) => {
  const { node, file, printed, talk, run, asked } = await startFollowing(t, 2);
  node.ledger.pages.push(page(1, 2));
  const ended = run();
  // The second call waits for news when the node goes.
  while (asked().length < 2) await turn();
  assert.equal(await readFile(file, 'utf8'), `${cursor(2)}\n`);
  node.ledger.pages.push(page(3), page(4));
  await node.restart();
  assert.equal(await ended, 0);
  assert.deepEqual(printed, [`${eventAt(1)}\n${eventAt(2)}\n`, `${eventAt(3)}\n`]);
  assert.deepEqual(asked(), [undefined, cursor(2), cursor(2), cursor(3)]);
  assert.match(talk.join(''), /^Node \d+ has gone; waiting for it to come back\.\n$/);
  assert.equal(await readFile(file, 'utf8'), `${cursor(3)}\n`);
});

test('where it begins is remembered before anything has come', async (t) => {
  const { node, file, printed, run } = await startFollowing(t, 1);
  const { height, hash } = node.ledger.tip;
  const begin = `${height}-${hash}-0`;
  const ended = run();
  const questions = () => node.ledger.calls.map(({ params }) => JSON.parse(params));
  while (questions().length === 0) await turn();
  // Whoever waits without a place loses what comes while the node is away.
  assert.equal(questions()[0]?.wait_s, 0);
  while (questions().length < 2) await turn();
  assert.equal(questions()[1]?.after, begin);
  assert.equal(await readFile(file, 'utf8'), `${begin}\n`);
  node.ledger.pages.push(page(1), page(2));
  await node.restart();
  assert.equal(await ended, 0);
  assert.deepEqual(printed, [`${eventAt(1)}\n`]);
});

test('what stdout did not take is not remembered as told', async (t) => {
  const { node, file, printed, run } = await startFollowing(t, 0);
  node.ledger.pages.push(page(1));
  assert.equal(await run(), 0);
  assert.deepEqual(printed, []);
  assert.equal(existsSync(file), false);
});
