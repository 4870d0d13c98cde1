/** Signing and stamping against a real node. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { buildChain, singleBody } from '../../test/support/chain-fixture.ts';
import { ALICE, BOB, signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode, type TestNodeOptions } from '../../test/support/test-node.ts';
import { AuthorChain } from '../core/author-chain.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import type { Did } from '../core/did-key.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import { isStamped } from '../core/entry-stamp.ts';
import { createGenesis } from '../core/genesis.ts';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { createParams, encodeParams, type NetworkParams } from '../core/params.ts';
import { authorsOf } from '../core/signed-entry.ts';
import { genesisPoint } from '../core/validation.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import type { CommandContext } from './command-context.ts';
import { type EntryPreparation, openPreparation } from './entry-preparation.ts';
import { runKeysCreate, runKeysExport, runKeysImport } from './keys-command.ts';
import { loadSettings } from './settings.ts';
import { handInBacklog } from './signed-backlog.ts';
import { Terminal } from './terminal.ts';

const NEVER = new AbortController().signal;

async function contextOf(home: CairnHome): Promise<CommandContext & { readonly talk: () => string }> {
  const stderr = new PassThrough();
  let talk = '';
  stderr.on('data', (chunk) => {
    talk += String(chunk);
  });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough().resume(), stderr };
  const settings = await loadSettings(home, {});
  return { terminal: new Terminal(streams), home, settings, talk: () => talk };
}

/** A home with the key `alice`, that was made there, and whom its entries are for. */
class World {
  readonly client: ProbeClient;
  readonly context: Awaited<ReturnType<typeof contextOf>>;
  readonly #t: TestContext;

  private constructor(t: TestContext, client: ProbeClient, context: Awaited<ReturnType<typeof contextOf>>) {
    this.#t = t;
    this.client = client;
    this.context = context;
  }

  /** For a node of which nothing is asked but its network, unless there is a client. */
  static async make(t: TestContext, options: { readonly params?: NetworkParams; readonly client?: ProbeClient } = {}) {
    const context = await contextOf(await makeHome(t));
    await runKeysCreate(context, 'alice', {});
    return new World(t, options.client ?? clientOf(options.params ?? EASY_PARAMS), context);
  }

  async open(sign: string | undefined = 'alice', context: CommandContext = this.context): Promise<EntryPreparation> {
    const flags = sign === '' ? {} : { sign };
    const preparation = await openPreparation(context, this.client, flags, NEVER);
    this.#t.after(() => preparation.close());
    return preparation;
  }

  handIn(preparation: EntryPreparation): Promise<void> {
    return handInBacklog({ client: this.client, terminal: this.context.terminal, preparation, signal: NEVER });
  }

  /** Another home with Alice's key, which was not made there. */
  async otherHome(flags: { readonly unused?: boolean } = {}) {
    const context = await contextOf(await makeHome(this.#t));
    const copy = join(context.home.root, 'copy.pem');
    await runKeysExport(this.context, 'alice', copy);
    await runKeysImport(context, 'alice', copy, flags);
    return context;
  }
}

/** A node that keeps no records. */
function clientOf(params: NetworkParams): ProbeClient {
  return {
    call: async (method) => {
      if (method === 'params') return encodeParams(params) as JsonText;
      throw new RpcCallError({ code: -32_000, message: 'it keeps none', data: { code: 'records-off' } });
    },
    stream: () => assert.fail('nothing is streamed'),
    events: () => assert.fail('nobody asks for events'),
    send: () => assert.fail('no word is said'),
    close: () => undefined,
  };
}

async function withNode(t: TestContext, options: Partial<TestNodeOptions> = {}) {
  const node = await TestNode.start(t, { home: await makeHome(t), ...options });
  return { node, world: await World.make(t, { client: node.client }) };
}

/** Puts all that the node was given into a block. */
async function minePending(node: TestNode): Promise<void> {
  const { entries } = (await node.call('pending', { limit: 1_000 })) as { entries: { data: unknown }[] };
  const block = await node.mine(`[${entries.map(({ data }) => JSON.stringify(data)).join(',')}]`);
  await node.whenIndexed(block.index);
}

const text = (json: string) => Buffer.from(json);
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => text(`{"n":${from + i}}`));

/** What the entries, all valid, are together as the record of their first author. */
function recordOf(entries: readonly Uint8Array[], params: NetworkParams = EASY_PARAMS) {
  const chain = new AuthorChain();
  for (const bytes of entries) {
    const checked = checkEntryRules(bytes, hashLeaf(bytes), params);
    assert.ok(checked.ok, checked.ok ? '' : checked.fault.code);
    const [authorship] = checked.value;
    assert.ok(authorship);
    chain.add(authorship);
  }
  return chain.report();
}

const COMPLETE = { missing: 0, gaps: [], conflictCount: 0, conflicts: [] };

test('what is signed in several runs is one record, and the node takes it', async (t) => {
  const { node, world } = await withNode(t);
  const all: Uint8Array[] = [];
  for (const count of [3, 1, 2]) {
    const preparation = await world.open();
    assert.deepEqual(preparation.waiting, []);
    const { entries, fault } = await preparation.prepare(numbered(count));
    assert.equal(fault, undefined);
    await node.mine(`[${entries.map((bytes) => Buffer.from(bytes).toString()).join(',')}]`);
    preparation.taken(entries);
    preparation.close();
    all.push(...entries);
  }
  assert.deepEqual(recordOf(all), { count: 6, last: 5, ...COMPLETE });
});

test('what a run has signed and not handed in is handed in by the next one, byte for byte', async (t) => {
  const { node, world } = await withNode(t);
  const crashed = await world.open();
  const lost = await crashed.prepare(numbered(2), ['line 1', 'line 2']);
  const preparation = await world.open();
  assert.deepEqual(
    preparation.waiting.map(({ bytes, note }) => [hashLeaf(bytes), note]),
    lost.entries.map((bytes, i) => [hashLeaf(bytes), `line ${i + 1}`]),
  );
  await world.handIn(preparation);
  // And again, as after a crash before it was known to be taken: the node has it once.
  await world.handIn(preparation);
  const { entries } = await preparation.prepare(numbered(1));
  const pending = (await node.call('pending')) as { count: number };
  assert.equal(pending.count, 2);
  assert.deepEqual(recordOf([...lost.entries, ...entries]), { count: 3, last: 2, ...COMPLETE });
  assert.deepEqual((await world.open()).waiting.length, 1);
});

test('an entry that cannot be signed takes no number, and those before it are signed', async (t) => {
  const world = await World.make(t);
  const preparation = await world.open();
  for (const [json, code] of [
    ['7', 'sign-not-object'],
    ['{"proof":1}', 'sign-proof-taken'],
    [`{"x":"${'x'.repeat(65_300)}"}`, 'entry-too-large'],
  ] as const) {
    const { entries, fault } = await preparation.prepare([text('{"a":1}'), text(json), text('{"a":2}')]);
    assert.deepEqual([entries.length, fault?.entry, fault?.code], [1, 1, code]);
  }
  const { entries } = await preparation.prepare(numbered(1));
  assert.equal(authorsOf(entries[0] ?? text(''))[0]?.sequence, 3);
});

test('of entries for one block none is signed where one cannot be', async (t) => {
  const world = await World.make(t);
  const preparation = await world.open();
  const refused = await preparation.prepareWhole([text('{"a":1}'), text('7')]);
  assert.deepEqual([refused.entries, refused.fault?.entry], [[], 1]);
  const { entries } = await preparation.prepareWhole(numbered(2));
  assert.deepEqual(recordOf(entries), { count: 2, last: 1, ...COMPLETE });
  assert.equal((await world.open()).waiting.length, 2);
});

test('two that sign as one author at once give no number twice', async (t) => {
  const params = createParams({ name: 'test', targetLimit: 0x207fffff, stampBits: 4 });
  const world = await World.make(t, { params });
  const [one, other] = [await world.open(), await world.open()];
  const batches = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : other).prepare(numbered(5, 10 * i))),
  );
  const entries = batches.flatMap((batch) => batch.entries);
  assert.deepEqual(recordOf(entries, params), { count: 50, last: 49, ...COMPLETE });
});

test('where the network asks for a stamp, signed and unsigned entries have one', async (t) => {
  const params = createParams({ name: 'test', targetLimit: 0x207fffff, stampBits: 6 });
  const { node, world } = await withNode(t, { params });
  const mixed = [text('{"a":1}'), text('{"a":2}')];
  for (const sign of ['alice', '']) {
    const { entries, fault } = await (await world.open(sign)).prepare(mixed);
    assert.equal(fault, undefined);
    assert.ok(entries.every((bytes) => isStamped(hashLeaf(bytes), 6)));
    await node.mine(`[${entries.map((bytes) => Buffer.from(bytes).toString()).join(',')}]`);
  }
  const unstampable = await (await world.open('')).prepare([text('{"a":1}'), text('"x"'), text('{"stamp":"mine"}')]);
  assert.deepEqual([unstampable.entries.length, unstampable.fault?.code], [1, 'stamp-not-object']);
});

test('a stamp that nobody finds is given up when that is asked for', async (t) => {
  const params = createParams({ name: 'test', targetLimit: 0x207fffff, stampBits: 32 });
  const world = await World.make(t, { params });
  for (const sign of ['alice', '']) {
    const stop = new AbortController();
    const flags = sign === '' ? {} : { sign };
    const preparation = await openPreparation(world.context, world.client, flags, stop.signal);
    const reason = new Error('enough');
    const prepared = preparation.prepare(numbered(1));
    stop.abort(reason);
    await assert.rejects(prepared, reason);
    preparation.close();
  }
  assert.deepEqual((await world.open()).waiting, []);
});

test('where only signed entries are taken, one without a key is told so, and what others have signed passes as it is', async (t) => {
  const params = createParams({ name: 'test', targetLimit: 0x207fffff, signatures: 'required' });
  const world = await World.make(t, { params });
  const preparation = await world.open('');
  const theirs = signedEntry('{"a":1}', { signer: BOB, params }).bytes;
  const { entries, fault } = await preparation.prepare([theirs, text('{"a":2}')]);
  assert.deepEqual(entries, [theirs]);
  assert.deepEqual([fault?.entry, fault?.code], [1, 'proof-missing']);
  assert.match(fault?.message ?? '', /--sign/);
});

test('a key that may not write is told so before anything is signed', async (t) => {
  const params = createParams({
    name: 'test',
    targetLimit: 0x207fffff,
    signatures: 'required',
    writers: [ALICE.author, BOB.author].toSorted() as Did[],
  });
  const world = await World.make(t, { params });
  await assert.rejects(world.open(), {
    code: 'writer-unknown',
    message: /"alice" signs as did:key:.*not among the writers/,
  });
});

test('an entry that somebody has signed gets a second proof, and both stay right', async (t) => {
  const world = await World.make(t);
  const theirs = signedEntry('{"deal":1}', { signer: BOB, params: EASY_PARAMS }).bytes;
  const preparation = await world.open();
  const { entries } = await preparation.prepare([theirs, text('{"deal":2}')]);
  const [both, next] = entries.map((bytes) => {
    const checked = checkEntryRules(bytes, hashLeaf(bytes), EASY_PARAMS);
    assert.ok(checked.ok);
    return checked.value;
  });
  assert.equal(both?.[0]?.author, BOB.author);
  assert.equal(next?.[0]?.previous, both?.[1]?.statement);
  // Theirs with a wrong signature is not signed along with.
  const wrong = text(Buffer.from(theirs).toString().replace('"deal":1', '"deal":9'));
  assert.equal((await preparation.prepare([wrong])).fault?.code, 'proof-signature-wrong');
});

test('a key from elsewhere signs only once somebody can tell how far it is', async (t) => {
  const world = await World.make(t);
  const elsewhere = await world.otherHome();
  await assert.rejects(world.open('alice', elsewhere), {
    code: 'author-position-unknown',
    message: /--records.*--unused/,
  });
  const unused = await world.otherHome({ unused: true });
  const { entries } = await (await world.open('alice', unused)).prepare(numbered(1));
  assert.deepEqual(recordOf(entries), { count: 1, last: 0, ...COMPLETE });
});

test('in another home it goes on behind what is on record and what waits for a block', async (t) => {
  const { node, world } = await withNode(t, { indexes: [] });
  const here = await world.open();
  const mined = await here.prepare(numbered(3));
  await world.handIn(await world.open());
  await minePending(node);
  const waiting = await here.prepare(numbered(2, 3));
  await world.handIn(await world.open());

  const there = await world.open('alice', await world.otherHome());
  const { entries } = await there.prepare(numbered(2, 5));
  assert.deepEqual(recordOf([...mined.entries, ...waiting.entries, ...entries]), { count: 7, last: 6, ...COMPLETE });
});

test('a home that was restored from a copy goes on behind what is on record, and says so', async (t) => {
  const { node, world } = await withNode(t, { indexes: [] });
  const { home } = world.context;
  (await world.open()).close();
  const copy = join(home.root, 'copy');
  await cp(home.keysFolder, copy, { recursive: true });
  const before = await world.open();
  const { entries } = await before.prepare(numbered(3));
  await world.handIn(await world.open());
  await minePending(node);
  before.close();
  await rm(home.keysFolder, { recursive: true });
  await cp(copy, home.keysFolder, { recursive: true });

  const after = await (await world.open()).prepare(numbered(1, 3));
  assert.deepEqual(recordOf([...entries, ...after.entries]), { count: 4, last: 3, ...COMPLETE });
  assert.match(world.context.talk(), /On record of this author are 3 entries, and this home has signed 0 of them/);
});

test('what is mined while a home learns how far the key was used is not passed over', async (t) => {
  const { node, world } = await withNode(t, { indexes: [] });
  const here = await world.open();
  const { entries } = await here.prepare(numbered(3));
  await world.handIn(await world.open());
  let isMined = false;
  const client: ProbeClient = {
    ...node.client,
    call: async (method, ...rest) => {
      const answer = await node.client.call(method, ...rest);
      if (method === 'records' && !isMined) {
        isMined = true;
        await minePending(node);
      }
      return answer;
    },
  };
  const there = await openPreparation(await world.otherHome(), client, { sign: 'alice' }, NEVER);
  const next = await there.prepare(numbered(1));
  there.close();
  assert.deepEqual(recordOf([...entries, ...next.entries]), { count: 4, last: 3, ...COMPLETE });
});

test('what leaves the chain and comes back into it while a home learns how far the key was used is not passed over', async (t) => {
  const { node, world } = await withNode(t, { indexes: [] });
  const here = await world.open();
  const { entries } = await here.prepare(numbered(3));
  await world.handIn(await world.open());
  await minePending(node);
  const { blocks } = buildChain(EASY_PARAMS, genesisPoint(EASY_PARAMS), 2, () => singleBody('"other"'));
  const happenings = new Map<string, () => Promise<void>>([
    // So that they are neither waiting now, nor on record the next moment, nor waiting afterwards.
    ['pending', () => reorganise(node, blocks)],
    ['records', () => minePending(node)],
  ]);
  const client: ProbeClient = {
    ...node.client,
    call: async (method, ...rest) => {
      const answer = await node.client.call(method, ...rest);
      const happening = happenings.get(method);
      happenings.delete(method);
      await happening?.();
      return answer;
    },
  };
  const there = await openPreparation(await world.otherHome(), client, { sign: 'alice' }, NEVER);
  const next = await there.prepare(numbered(1));
  there.close();
  assert.deepEqual(recordOf([...entries, ...next.entries]), { count: 4, last: 3, ...COMPLETE });
});

/** Has the node follow a better chain: `blocks`, on the genesis. */
async function reorganise(node: TestNode, blocks: readonly Block[]): Promise<void> {
  const texts = [createGenesis(EASY_PARAMS), ...blocks].map((block) => Buffer.from(encodeBlockJson(block)).toString());
  assert.equal(await node.client.send(`[${texts.join(',')}]`), 'BLOCKCHAIN ACCEPTED');
  await node.whenIndexed(blocks.length);
}
