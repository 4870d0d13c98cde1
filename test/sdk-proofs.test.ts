/** Many records are checked with few calls, and each of them by a proof of its own: one that does not hold is found among all. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { EntryProofJson } from '../src/core/proof-json.ts';
import { fileLifetime } from './browser/lifetime.ts';
import { fetchThrough, reworded, SdkWorld } from './support/sdk-world.ts';

const BLOCKS = 33;
const PER_BLOCK = 2;
/** Entries of one block more: too many to be proved one by one. */
const LAST_BLOCK = 5;

/** What makes a proof wrong, and the code with which the records are refused. */
const SPOILED: readonly (readonly [string, string, (proof: EntryProofJson) => unknown])[] = [
  ['another place in the block', 'entry-proof-wrong', (proof) => ({ ...proof, index: 1 - proof.index })],
  ['another number of entries', 'entry-proof-wrong', (proof) => ({ ...proof, count: PER_BLOCK + 1 })],
  ['another shape', 'entry-proof-wrong', (proof) => ({ ...proof, shape: 'single' })],
  ['another path', 'entry-proof-wrong', (proof) => ({ ...proof, path: otherDigit(proof.path) })],
  ['another header', 'header-proof-wrong', (proof) => inBlock(proof, { headers: otherDigit(proof.block.headers, -1) })],
  ['another work', 'header-proof-wrong', (proof) => inBlock(proof, { works: ['1'] })],
  ['another way to the tip', 'header-proof-wrong', (proof) => inBlock(proof, { proof: otherDigit(proof.block.proof) })],
  ['another tip', 'header-proof-tip-other', (proof) => inBlock(proof, { tip: otherDigit(proof.block.tip) })],
  ['another entry', 'answer-unreadable', (proof) => ({ ...proof, id: otherDigit(proof.id) })],
  ['something that is no proof', 'answer-unreadable', () => ({})],
];

/** What is done to all the proofs of a call. */
const CHANGED: readonly (readonly [string, (proofs: readonly unknown[]) => unknown])[] = [
  ['one proof less', (proofs) => proofs.slice(1)],
  ['one proof more', (proofs) => [...proofs, proofs[0]]],
  ['proofs in another order', (proofs) => proofs.toReversed()],
  ['no list', () => null],
];

const lifetime = fileLifetime();

describe('records of many blocks', () => {
  let world: SdkWorld;
  before(async () => {
    world = await SdkWorld.start(lifetime, { params: { futureTimeMax: 3_600 } });
    for (let height = 1; height <= BLOCKS; height++) await world.node.mine(`[{"n":${height}},{"n":${-height}}]`);
    await world.node.mine(JSON.stringify(Array.from({ length: LAST_BLOCK }, (_, i) => ({ last: i }))));
    const ledger = await world.connect({ verify: false });
    while ((await Array.fromAsync(ledger.records())).length < BLOCKS * PER_BLOCK + LAST_BLOCK);
  });

  /** A ledger, and how often a part of an address was asked for. `change` is given the proofs of each call that has several. */
  async function connectWatched(change: (proofs: unknown[]) => unknown = (proofs) => proofs) {
    const paths: string[] = [];
    const ledger = await world.connect({
      fetch: fetchThrough((path, answer) => {
        paths.push(path);
        if (!path.includes('/entry-proofs') || !answer.ok) return answer;
        return reworded(answer, (text) => {
          const { proofs } = JSON.parse(text);
          return JSON.stringify({ proofs: proofs.length === 64 ? change(proofs) : proofs });
        });
      }),
    });
    return { ledger, asked: (part: string) => paths.filter((path) => path.includes(part)).length };
  }

  it('are checked with a proof of the chain and a call for 64 of them; of a block with many its body is fetched once', async () => {
    const { ledger, asked } = await connectWatched();
    const records = await Array.fromAsync(ledger.records());
    assert.equal(records.length, BLOCKS * PER_BLOCK + LAST_BLOCK);
    for (const { checked } of records) assert.deepEqual(checked, ['id', 'rules', 'place', 'chain']);
    assert.deepEqual([asked('/chain-proof'), asked('/entry-proofs'), asked('/canonical')], [1, 2, 1]);
  });

  it('are asked for call after call, as the node makes their proofs one after the other: the calls would all be late', async () => {
    let [underWay, most] = [0, 0];
    const ledger = await world.connect({
      fetch: async (input, init) => {
        if (!String(input).includes('/entry-proofs')) return fetch(input, init);
        most = Math.max(most, ++underWay);
        return fetch(input, init).finally(() => underWay--);
      },
    });
    await Array.fromAsync(ledger.records());
    assert.equal(most, 1);
  });

  it('are not looked for any further in their blocks once one was told of wrongly', async () => {
    const refused = Promise.withResolvers<void>();
    let asked = 0;
    const ledger = await world.connect({
      fetch: fetchThrough((path, answer) => {
        if (path.includes('/entry-proofs')) {
          return reworded(answer, (text) => JSON.stringify({ proofs: JSON.parse(text).proofs.map(() => null) }));
        }
        if (!path.endsWith('/canonical')) return answer;
        asked++;
        return asked === 1 ? Response.json({}) : refused.promise.then(() => answer);
      }),
    });
    await assert.rejects(Array.fromAsync(ledger.records()), { name: 'LedgerError' });
    refused.resolve();
    // What would still be asked for would be under way by now.
    await Array.fromAsync((await world.connect()).records());
    assert.ok(asked <= 6, `${asked} of ${BLOCKS} were asked for, where six at once may be`);
  });

  it('a proof that is kept back makes no record false: its place is looked for in the block', async () => {
    const { ledger, asked } = await connectWatched((proofs) => proofs.with(40, null));
    const records = await Array.fromAsync(ledger.records());
    assert.equal(records.length, BLOCKS * PER_BLOCK + LAST_BLOCK);
    assert.deepEqual([asked('/entry-proofs'), asked('/canonical')], [2, 2]);
  });

  for (const at of [0, 31, 63]) {
    for (const [name, code, spoil] of SPOILED) {
      it(`${name}, in proof ${at} of 64, is found out`, async () => {
        const { ledger } = await connectWatched((proofs) => proofs.with(at, spoil(Object(proofs[at]))));
        await assert.rejects(Array.fromAsync(ledger.records()), { code });
      });
    }
  }

  for (const [name, change] of CHANGED) {
    it(`${name} is no answer`, async () => {
      const { ledger } = await connectWatched(change);
      await assert.rejects(Array.fromAsync(ledger.records()), { code: 'answer-unreadable' });
    });
  }
});

function inBlock(proof: EntryProofJson, change: Partial<EntryProofJson['block']>): EntryProofJson {
  return { ...proof, block: { ...proof.block, ...change } };
}

/** The digits with another one at `at`. */
function otherDigit(digits: string, at = 0): string {
  const place = at < 0 ? digits.length + at : at;
  return `${digits.slice(0, place)}${digits[place] === '0' ? '1' : '0'}${digits.slice(place + 1)}`;
}
