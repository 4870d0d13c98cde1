/** Two nodes of a network that names who writes and asks for work: what their writers sign gets into blocks on both, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBlockJson } from '../src/core/block-json.ts';
import { isStamped } from '../src/core/entry-stamp.ts';
import { createGenesis } from '../src/core/genesis.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { createParams } from '../src/core/params.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { bodyOf, buildBlock } from './support/chain-fixture.ts';
import { ALICE, BOB, CAROL, signedEntry } from './support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from './support/test-node.ts';

const PARAMS = createParams({
  ...EASY_PARAMS,
  name: 'writers',
  signatures: 'required',
  writers: [ALICE.author, BOB.author],
  stampBits: 4,
});
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('what writers sign is in blocks of both nodes, and what others send is refused with the reason', async (t) => {
  const home = await makeHome(t);
  const one = await TestNode.start(t, { home, params: PARAMS, name: 'one' });
  const other = await TestNode.start(t, { home, params: PARAMS, name: 'other' });
  const first = signedEntry('{"a":1}', { params: PARAMS });
  const both = signedEntry(textOf(first.bytes), { params: PARAMS, signer: BOB });

  await one.mine(`[${textOf(first.bytes)},${textOf(both.bytes)}]`);
  const reached = await other.statusWhen(({ tip }) => tip.height === 1);
  assert.equal(reached.tip.hash, (await one.status()).tip.hash);

  const stranger = textOf(signedEntry('{"a":1}', { params: PARAMS, signer: CAROL }).bytes);
  const refusals: readonly (readonly [text: string, code: string])[] = [
    [stranger, 'writer-unknown'],
    [textOf(first.bytes).replace('"a":1', `"a":${forgedWithStamp(textOf(first.bytes))}`), 'proof-signature-wrong'],
    [textOf(signedEntry('{"a":1}', { params: EASY_PARAMS }).bytes), 'stamp-too-low'],
  ];
  for (const [text, code] of refusals) {
    await assert.rejects(
      one.mine(text),
      (error: Error) => JSON.stringify(error).includes(code) || String(error).includes(code),
    );
  }
  assert.equal((await one.status()).tip.height, 1);
});

test('a candidate chain with a forged entry is rejected, however much work is in it', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), params: PARAMS });
  const good = signedEntry('{"a":1}', { params: PARAMS });
  const forged = textOf(good.bytes).replace('"a":1', `"a":${forgedWithStamp(textOf(good.bytes))}`);
  const genesis = genesisPoint(PARAMS);
  for (const [entry, answer] of [
    [forged, 'BLOCKCHAIN REJECTED'],
    [textOf(good.bytes), 'BLOCKCHAIN ACCEPTED'],
  ] as const) {
    const { block } = buildBlock(PARAMS, genesis, bodyOf(entry));
    const blocks = [createGenesis(PARAMS), block].map((each) => textOf(encodeBlockJson(each)));
    assert.equal(await node.client.send(`[${blocks.join(',')}]`), answer);
  }
});

/** A number in the place of 1 by which the entry still has its stamp, but not its signature. */
function forgedWithStamp(text: string): number {
  for (let number = 2; ; number++) {
    if (isStamped(hashLeaf(Buffer.from(text.replace('"a":1', `"a":${number}`))), PARAMS.stampBits)) return number;
  }
}
