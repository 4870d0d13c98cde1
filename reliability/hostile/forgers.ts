/** Hostile peers that know the chain: headers that are cheap or wrong, and bodies that never come or are others. */
import { type Body, bodyFromEntries, entryIds } from '../../src/core/body.ts';
import type { Hash } from '../../src/core/hash.ts';
import { HEADER_BYTES } from '../../src/core/header.ts';
import { hashLeaf } from '../../src/core/merkle.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import type { ChainPoint } from '../../src/core/validation.ts';
import { hashAt, headerCount } from '../../src/protocol/header-run.ts';
import { HEADERS_PER_MESSAGE_MAX, IDS_PER_MESSAGE_MAX } from '../../src/protocol/limits.ts';
import { joinEntries, type Message } from '../../src/protocol/message.ts';
import type { Random } from '../../src/simulator/random.ts';
import { type Character, noise, pause, randomHash, type Scene, visitAsPeer } from './character.ts';
import type { RawPeer } from './raw-peer.ts';
import { cheapChain, forgeBlocks, forgeHeader, ShadowChain } from './shadow-chain.ts';

/** Shows a long chain with little work in it, claiming more work than anybody has (as CVE-2019-25220). */
const deepHeaders: Character = {
  name: 'deep-headers',
  visit: visitAsPeer(
    async (peer, { target }) => {
      const chain = cheapHeaders(target.params);
      const ends = new Map<string, number>(chain.map((run, i) => [hashAt(run, headerCount(run) - 1), i + 1]));
      for (;;) {
        const question = await peer.hearOf('get-headers');
        if (question === undefined) return;
        const next = question.locator.map((hash) => ends.get(hash)).find((place) => place !== undefined) ?? 0;
        const headers = chain[next] ?? new Uint8Array(0);
        target.tally.headers += headerCount(headers);
        if (!(await peer.send({ type: 'headers', headers }))) return;
        if (next >= chain.length) return;
      }
    },
    { claimedWork: 2n ** 200n },
  ),
};

/** Announces one header after the other that follows an older block by every rule, with nothing behind any of them. */
const wideHeaders: Character = {
  name: 'wide-headers',
  visit: visitAsPeer(async (peer, { target, random, signal }) => {
    const chain = new ShadowChain(target.params);
    if (!(await chain.follow(peer))) return;
    void peer.drop();
    while (!signal.aborted) {
      const parent = chain.below(random.integer(0, 100));
      const { bytes } = forgeHeader(target.params, parent, { dataRoot: randomHash(random) as Hash });
      target.tally.headers++;
      if (!(await peer.send({ type: 'headers', headers: bytes }))) return;
      await pause(0, signal);
    }
  }),
};

/** Announces a header that breaks one rule. */
const wrongHeaders: Character = {
  name: 'wrong-headers',
  visit: visitAsPeer(async (peer, { target, random }) => {
    const chain = new ShadowChain(target.params);
    if (!(await chain.follow(peer))) return;
    const { bytes } = random.pick(WRONG)(target.params, chain.tip, random);
    target.tally.headers++;
    await peer.send({ type: 'headers', headers: bytes });
    await peer.drop();
  }),
};

/** Announces headers that are ahead of every clock, again and again. */
const futureHeaders: Character = {
  name: 'future-headers',
  visit: visitAsPeer(async (peer, { target, signal }) => {
    const chain = new ShadowChain(target.params);
    if (!(await chain.follow(peer))) return;
    void peer.drop();
    const timestamp = Math.floor(Date.now() / 1000) + 1_000_000;
    const { bytes } = forgeHeader(target.params, chain.tip, { timestamp });
    while (!signal.aborted && (await peer.send({ type: 'headers', headers: bytes }))) await pause(1, signal);
  }),
};

/** Sends headers that build on nothing, and bodies that nobody asked for. */
const orphans: Character = {
  name: 'orphans',
  visit: visitAsPeer(async (peer, { target, random }) => {
    void peer.drop();
    const run = noise(random, HEADERS_PER_MESSAGE_MAX * HEADER_BYTES);
    for (let i = 0; i < HEADERS_PER_MESSAGE_MAX; i++) run.set([0x4c, 0x01], i * HEADER_BYTES);
    const body = new Uint8Array(1_000_000).fill(0x31);
    for (;;) {
      const count = random.chance(0.5) ? 1 : HEADERS_PER_MESSAGE_MAX;
      const hash = randomHash(random) as Hash;
      target.tally.headers += count;
      if (!(await peer.send({ type: 'headers', headers: run.subarray(0, count * HEADER_BYTES) }))) return;
      if (!(await peer.send({ type: 'block', hash, bodyBytes: body }))) return;
      if (!(await peer.send({ type: 'not-found', hashes: [hash] }))) return;
    }
  }),
};

/** Announces a better chain by every rule, and never gives the bodies. */
const withholder: Character = {
  name: 'withheld-bodies',
  visit: visitAsPeer(async (peer, { target, random, signal }) => {
    const chain = new ShadowChain(target.params);
    while (!signal.aborted) {
      if (!(await chain.follow(peer))) return;
      const blocks = forgeBlocks(
        target.params,
        chain.tip,
        Array.from({ length: 3 }, () => randomBody(random)),
      );
      target.tally.headers += blocks.length;
      const headers = Buffer.concat(blocks.map(({ bytes }) => bytes));
      if (!(await peer.send({ type: 'headers', headers }))) return;
      await pause(500, signal);
    }
  }),
};

/** Announces a better block by every rule, and gives another body than its own. */
const mutator: Character = {
  name: 'mutated-bodies',
  visit: visitAsPeer(async (peer, { target, random }) => {
    const chain = new ShadowChain(target.params);
    if (!(await chain.follow(peer))) return;
    const [block] = forgeBlocks(target.params, chain.tip, [randomBody(random)]);
    if (block === undefined || !(await peer.send({ type: 'headers', headers: block.bytes }))) return;
    for (;;) {
      const question = await peer.hear();
      if (question === undefined) return;
      const answer = mutatedAnswer(question, block.body, random);
      if (answer !== undefined && !(await peer.send(answer))) return;
    }
  }),
};

/** Says again what it is told, word for word, many times, and gives back the blocks that it asks for. */
const echo: Character = {
  name: 'replay',
  visit: visitAsPeer(async (peer, { target }) => {
    const chain = new ShadowChain(target.params);
    if (!(await chain.follow(peer))) return;
    if (!(await peer.send({ type: 'get-blocks', hashes: [chain.tip.hash, chain.below(1).hash] }))) return;
    for (;;) {
      const message = await peer.hear();
      if (message === undefined) return;
      if (message.type === 'hello' || message.type === 'goodbye') continue;
      for (let i = 0; i < 3; i++) if (!(await peer.send(message))) return;
    }
  }),
};

/** Hands in entries that are right and worth nothing, as many as it may. */
const spammer: Character = {
  name: 'entry-spam',
  visit: visitAsPeer(async (peer, scene) => {
    for (let batch = 0; !scene.signal.aborted && batch < SPAM_BATCHES; batch++) {
      const entries = new Map<Hash, Uint8Array>();
      for (let i = 0; i < IDS_PER_MESSAGE_MAX; i++) {
        const bytes = Buffer.from(`"spam ${randomHash(scene.random).slice(0, 24)}"`);
        entries.set(hashLeaf(bytes), bytes);
      }
      if (!(await peer.send({ type: 'inventory', ids: [...entries.keys()] }))) return;
      const question = await heardWithin(peer, scene);
      const asked = question?.ids.map((id) => entries.get(id)).filter((bytes) => bytes !== undefined) ?? [];
      if (!(await peer.send({ type: 'entries', arrayBytes: joinEntries(asked) }))) return;
    }
  }),
};

export const FORGERS: readonly Character[] = [
  deepHeaders,
  wideHeaders,
  wrongHeaders,
  futureHeaders,
  orphans,
  withholder,
  mutator,
  echo,
  spammer,
];

type Forge = (params: NetworkParams, parent: ChainPoint, random: Random) => { readonly bytes: Uint8Array };

const WRONG: readonly Forge[] = [
  (params, parent) => ({ bytes: withoutWork(forgeHeader(params, parent).bytes) }),
  (params, parent) => forgeHeader(params, parent, { bits: params.targetLimit }),
  (params, parent) => forgeHeader(params, parent, { timestamp: parent.header.timestamp - 1 }),
  (params, parent) => forgeHeader(params, parent, { height: parent.header.height + 2 }),
  (params, parent, random) => forgeHeader(params, parent, { historyRoot: randomHash(random) as Hash }),
  (params, parent) => ({ bytes: changed(forgeHeader(params, parent).bytes, 0, 0x00) }),
  (params, parent) => ({ bytes: changed(forgeHeader(params, parent).bytes, 110, 0xff) }),
];

/** With a nonce that was not looked for. */
function withoutWork(bytes: Uint8Array): Uint8Array {
  return changed(bytes, 117, (bytes[117] ?? 0) ^ 0xff);
}

function changed(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] = value;
  return copy;
}

function randomBody(random: Random): Body {
  return bodyFromEntries([Buffer.from(`"${randomHash(random)}"`)]);
}

/** What is said to a question about `body` by one who has it and changes it. */
function mutatedAnswer(question: Message, body: Body, random: Random): Message | undefined {
  const other = random.pick([
    randomBody(random).bytes,
    Buffer.from('["unclosed'),
    Buffer.from('[ "not canonical" ]'),
    Buffer.concat([body.bytes.subarray(0, -1), Buffer.from(',"one more"]')]),
    new Uint8Array(1_500_000).fill(0x31),
    Buffer.from(`[${Array.from({ length: 5_000 }, () => '0').join()}]`),
  ]);
  switch (question.type) {
    case 'get-blocks':
      return { type: 'block', hash: question.hashes[0] ?? ('' as Hash), bodyBytes: other };
    case 'get-block-ids':
      return random.chance(0.5)
        ? { type: 'block-ids', hash: question.hash, shape: 'array', ids: entryIds(body) }
        : { type: 'block-ids', hash: question.hash, shape: 'single', ids: entryIds(randomBody(random)) };
    case 'get-block-entries':
      return { type: 'block-entries', hash: question.hash, arrayBytes: other };
    default:
      return undefined;
  }
}

/** The next question for entries; the node does not ask where it has no room for them. */
async function heardWithin(peer: RawPeer, { signal }: Scene): Promise<(Message & { type: 'get-entries' }) | undefined> {
  return Promise.race([peer.hearOf('get-entries'), pause(1_000, signal).then(() => undefined)]);
}

/** Made once for all who show it. */
let cheap: Uint8Array[] | undefined;

function cheapHeaders(params: NetworkParams): Uint8Array[] {
  cheap ??= cheapChain(params, CHEAP_HEADERS);
  return cheap;
}

const CHEAP_HEADERS = 20_000;
/** As many entries as one peer may have in the pool, and some more. */
const SPAM_BATCHES = 12;
