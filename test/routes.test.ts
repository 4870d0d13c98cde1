/** The four routes of the founding specification, over HTTP as anybody would use them, with real processes behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CairnProcess, makeWorld, startNodeProcess } from './support/cairn-process.ts';
import { freePort } from './support/free-port.ts';

test('the four routes, from the first block to the end of a node', async (t) => {
  const world = await makeWorld(t);
  const first = await startNodeProcess(t, world);
  const second = await startNodeProcess(t, world);
  const port = await freePort();
  await CairnProcess.start(t, world, ['gateway', '--port', String(port)]);
  const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  // Bytes have no type of their own: the request goes out without a Content-Type.
  const mine = async (json: string) => {
    const answer = await ask(`/mine_block/${first.port}`, { method: 'POST', body: Buffer.from(json) });
    assert.equal(answer.status, 200);
    return JSON.parse(answer.text);
  };

  const one = await mine('{"from":"alice","to":"bob","amount":113}');
  const two = await mine('{"from":"alice","to":"bob","amount":113}');
  await t.test('the same body twice is two blocks, named by index, hash and prev_hash', () => {
    assert.deepEqual([one.index, two.index, two.prev_hash], [1, 2, one.hash]);
    assert.match(two.hash, /^[0-9a-f]{64}$/);
  });

  await t.test('get_chain of the other node shows the same chain', async () => {
    const expected = await ask(`/get_chain/${first.port}`);
    const { chain, length } = JSON.parse(expected.text);
    assert.deepEqual([length, chain.at(-1).hash], [3, two.hash]);
    let other = await ask(`/get_chain/${second.port}`);
    while (other.text !== expected.text) other = await ask(`/get_chain/${second.port}`);
  });

  await t.test('validate answers in the words of the specification', async () => {
    assert.deepEqual(await ask(`/validate/${second.port}`), { status: 200, text: '{"message": "is valid."}' });
  });

  await t.test('shutdown ends the process with exit code 0, and the other goes on', async () => {
    const answer = await ask(`/shutdown/${first.port}`);
    assert.deepEqual(answer, { status: 200, text: '{"message": "server is shutdown"}' });
    assert.equal(await first.node.exited, 0);
    assert.equal(JSON.parse((await ask(`/validate/${first.port}`)).text).code, 'node-unknown');
    assert.equal(JSON.parse((await ask(`/get_chain/${second.port}`)).text).length, 3);
  });
});
