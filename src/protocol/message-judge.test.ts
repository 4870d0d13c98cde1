import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { LoneMachine, sentTo } from '../../test/support/lone-machine.ts';
import { signedEntry, signerOf } from '../../test/support/signers.ts';
import { encodeHeader } from '../core/header.ts';
import { hashLeaf } from '../core/merkle.ts';
import { genesisPoint } from '../core/validation.ts';
import { PENDING_BYTES_PER_PEER_MAX, STALL_MS_MIN } from './limits.ts';
import { joinEntries, type Message } from './message.ts';

const SIGNED = Array.from({ length: 120 }, (_, i) => {
  return signedEntry(`{"n":${i}}`, { signer: signerOf((i % 40) + 1), params: TEST_PARAMS }).bytes;
});
const TEXTS = SIGNED.map((bytes) => Buffer.from(bytes).toString());
const FORGED = TEXTS.map((text, i) => (i === 60 ? text.replace('"n":60', '"n":61') : text));

/** Takes the steps for `message`, and gives back how many there were; undefined: it was not to be judged ahead. */
function judgeAhead({ machine }: LoneMachine, peer: string, message: Message): number | undefined {
  const steps = machine.messageJudge.steps(peer, message);
  return steps === undefined ? undefined : [...steps].length;
}

/** A machine that has asked `peer` for two blocks, the first of which holds `texts`. */
async function askingFor(texts: readonly string[]) {
  const lone = await LoneMachine.start();
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, (height) =>
    height === 1 ? bodyOf(...texts) : bodyOf('1'),
  );
  const [first, last] = [chain.blocks[0] ?? assert.fail(), chain.points[1] ?? assert.fail()];
  lone.greet('peer', { hash: last.hash, height: 2, work: last.work });
  const headers = Buffer.concat(chain.blocks.map(({ header }) => encodeHeader(header)));
  const asked = sentTo(lone.receive('peer', { type: 'headers', headers }), 'peer');
  assert.deepEqual(
    asked.map(({ type }) => type),
    ['get-blocks'],
  );
  const message: Message = { type: 'block', hash: first.hash, bodyBytes: first.body.bytes };
  return { lone, message, second: chain.blocks[1] ?? assert.fail() };
}

describe('a block that was asked for', () => {
  test('is judged entry by entry, and then once only', async () => {
    const { lone, message, second } = await askingFor(TEXTS);
    assert.equal(judgeAhead(lone, 'peer', message), SIGNED.length);
    assert.equal(judgeAhead(lone, 'stranger', message), undefined);
    lone.receive('peer', message);
    lone.receive('peer', { type: 'block', hash: second.hash, bodyBytes: second.body.bytes });
    await lone.settle();
    assert.equal(lone.machine.tip.header.height, 2);
    assert.equal(judgeAhead(lone, 'peer', message), undefined);
  });

  test('is judged up to its first wrong entry, and whoever sent it is sent away', async () => {
    const { lone, message } = await askingFor(FORGED);
    assert.equal(judgeAhead(lone, 'peer', message), 60);
    const effects = lone.receive('peer', message);
    assert.ok(effects.some(({ type }) => type === 'disconnect'));
  });

  test('makes nobody count as stalled while it is judged', async () => {
    const { lone, message } = await askingFor(TEXTS);
    const [session = assert.fail()] = lone.machine.peers;
    const steps = lone.machine.messageJudge.steps('peer', message) ?? assert.fail();
    steps.next();
    lone.advance(3 * STALL_MS_MIN);
    assert.equal(session.stallMs, STALL_MS_MIN);
    assert.equal([...steps].length, SIGNED.length - 1);
    lone.receive('peer', message);
    lone.advance(3 * STALL_MS_MIN);
    assert.ok(session.stallMs > STALL_MS_MIN, 'of the second block there is no sign');
  });

  test('is not judged where the header says that it is another', async () => {
    const { lone, message } = await askingFor(TEXTS);
    assert.equal(judgeAhead(lone, 'peer', { ...message, bodyBytes: bodyOf(...FORGED).bytes }), 0);
  });
});

describe('entries of a peer', () => {
  const message: Message = { type: 'entries', arrayBytes: joinEntries(SIGNED) };
  const ids = SIGNED.map(hashLeaf);

  test('are judged ahead where they were asked for', async () => {
    const lone = await LoneMachine.start();
    lone.greet('peer');
    assert.equal(judgeAhead(lone, 'peer', message), 0);
    lone.receive('peer', { type: 'inventory', ids: ids.slice(0, 100) });
    assert.equal(judgeAhead(lone, 'peer', message), 100);
    lone.receive('peer', message);
    await lone.settle();
    assert.equal(lone.machine.pool.count, 100);
  });

  test('are not verified where there is no room for them', async () => {
    const lone = await LoneMachine.start();
    lone.greet('peer');
    const large = Array.from({ length: PENDING_BYTES_PER_PEER_MAX / 65_536 }, (_, i) => {
      return new TextEncoder().encode(`"${'x'.repeat(65_534 - 4)}${1_000 + i}"`);
    });
    lone.receive('peer', { type: 'inventory', ids: large.map(hashLeaf) });
    for (const entry of large) lone.receive('peer', { type: 'entries', arrayBytes: joinEntries([entry]) });
    const forged = FORGED.map((text) => new TextEncoder().encode(text));
    lone.receive('peer', { type: 'inventory', ids: forged.map(hashLeaf) });
    const given: Message = { type: 'entries', arrayBytes: joinEntries(forged) };
    assert.equal(judgeAhead(lone, 'peer', given), 0);
    const effects = lone.receive('peer', given);
    assert.deepEqual(
      effects.filter(({ type }) => type === 'disconnect'),
      [],
    );
    assert.equal(lone.machine.pool.count, large.length);
  });
});
