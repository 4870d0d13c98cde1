/** The page's light client on its whole way, but for the browser: over a gateway, to real nodes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createGenesis } from '../src/core/genesis.ts';
import { DEFAULT_PARAMS, type NetworkParams } from '../src/core/params.ts';
import type { VerifierStatus } from '../src/explorer/verifier/verdict.ts';
import { Verification, type VerificationOptions } from '../src/explorer/verifier/verification.ts';
import type { ShownEntry } from '../src/explorer/verifier/verifier.ts';
import { createGateway, type Gateway } from '../src/gateway/gateway.ts';
import { createBrowserNetwork } from '../src/network/browser-network.ts';
import type { NetworkHandlers, PeerId, PeerNetwork } from '../src/network/peer-network.ts';
import { PEER_MESSAGE_BYTES_MAX } from '../src/protocol/limits.ts';
import { atEnd } from './support/lifetime.ts';
import { EASY_PARAMS, makeHome, TestNode, type TestNodeOptions } from './support/test-node.ts';

const GENESIS = createGenesis(EASY_PARAMS).hash;
const WS = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'];

interface WorldOptions {
  readonly nodes?: readonly Partial<TestNodeOptions>[];
  readonly remembered?: VerificationOptions['remembered'];
  /** Before the page is there. */
  readonly prepare?: (nodes: readonly TestNode[]) => Promise<void>;
  /** What the page hears of a message that a peer has sent. */
  readonly hear?: Hear;
}

type Hear = (peer: PeerId, message: string) => string;

/** `network`, except that what comes in is changed on the way: to who hears it, it is what the peer has said. */
function mishearing(network: PeerNetwork, hear: Hear): PeerNetwork {
  return {
    localPeer: network.localPeer,
    start: (handlers) => {
      const { peerConnected, peerDisconnected, addressDiscovered } = handlers;
      const told: NetworkHandlers = {
        peerConnected,
        peerDisconnected,
        addressDiscovered,
        messageReceived: (peer, bytes) =>
          handlers.messageReceived(peer, Buffer.from(hear(peer, Buffer.from(bytes).toString('latin1')), 'latin1')),
      };
      return network.start(told);
    },
    addresses: () => network.addresses(),
    dial: (address) => network.dial(address),
    send: (peer, message) => network.send(peer, message),
    queuedBytes: (peer) => network.queuedBytes(peer),
    disconnect: (peer, note) => network.disconnect(peer, note),
    stop: () => network.stop(),
  };
}

/** Nodes that know nothing of each other, a gateway before them, and the page of that gateway. */
class World {
  readonly nodes: TestNode[] = [];
  readonly origin: string;
  readonly verification: Verification;
  status: VerifierStatus | undefined;
  #changed = Promise.withResolvers<void>();

  private constructor(nodes: TestNode[], gateway: Gateway, options: Pick<WorldOptions, 'remembered' | 'hear'>) {
    const { remembered, hear } = options;
    this.nodes = nodes;
    this.origin = `http://127.0.0.1:${gateway.port}`;
    this.verification = new Verification({
      origin: this.origin,
      remembered,
      createNetwork: async (params, genesisHash) => {
        const network = await createBrowserNetwork({
          genesisHash,
          networkName: params.name,
          messageBytesMax: PEER_MESSAGE_BYTES_MAX,
          peersMax: 16,
          nextRound: setImmediate,
        });
        return hear === undefined ? network : mishearing(network, hear);
      },
      changed: (status) => {
        this.status = status;
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      },
    });
  }

  static async start(t: TestContext, options: WorldOptions = {}): Promise<World> {
    const nodes: TestNode[] = [];
    for (const more of options.nodes ?? [{}]) {
      nodes.push(await TestNode.start(t, { home: await makeHome(t), listen: WS, ...more }));
    }
    await options.prepare?.(nodes);
    const gateway = await createGateway({
      home: await makeHome(t),
      host: '127.0.0.1',
      port: 0,
      configuredNodes: nodes.map(({ node }) => ({ host: '127.0.0.1', port: node.port })),
    });
    await gateway.listen();
    atEnd(t, () => gateway.close());
    const world = new World(nodes, gateway, options);
    world.verification.start();
    atEnd(t, () => world.verification.stop());
    return world;
  }

  node(i: number): TestNode {
    return this.nodes[i] ?? assert.fail(`no node ${i}`);
  }

  /** The status as soon as `condition` holds of it. */
  async until(condition: (status: VerifierStatus) => boolean): Promise<VerifierStatus> {
    for (;;) {
      if (this.status !== undefined && condition(this.status)) return this.status;
      await this.#changed.promise;
    }
  }

  async fetchText(path: string): Promise<string> {
    return (await fetch(`${this.origin}/api/v1/nodes/${this.node(0).node.port}/${path}`)).text();
  }

  /** The entry of the block at `height`, as the gateway shows it. */
  async shownEntry(height: number): Promise<ShownEntry> {
    const { block, entry_ids: ids } = JSON.parse(await this.fetchText(`blocks/${height}`));
    return { id: ids[0], text: JSON.stringify(block.data), place: { height, hash: block.hash, index: 0 } };
  }
}

test('the tip of the chain with the most work is verified, and followed', async (t) => {
  const world = await World.start(t, {
    nodes: [{}, {}],
    prepare: async ([one, other]) => {
      for (const data of ['{"n":1}', '{"n":2}', '{"n":3}']) await one?.mine(data);
      await other?.mine('{"n":4}');
    },
  });
  const status = await world.until(
    ({ tip, peers }) => tip?.height === 3 && peers.some(({ standing }) => standing === 'agrees'),
  );
  assert.equal(status.phase, 'verified');
  assert.deepEqual(
    { genesisHash: status.trust?.genesisHash, origin: status.trust?.origin, name: status.trust?.networkName },
    { genesisHash: GENESIS, origin: 'first-use', name: 'test' },
  );
  assert.equal(status.tip?.hash, (await world.node(0).status()).tip.hash);
  assert.ok(status.steps.every(({ outcome }) => outcome === 'passed'));
  const ports = world.nodes.map(({ node }) => node.port).sort((a, b) => a - b);
  assert.deepEqual(
    status.peers.map(({ port }) => port),
    ports,
  );
  const branch = await world.until(({ peers }) => peers.some(({ standing }) => standing === 'forked'));
  assert.equal(branch.peers.find(({ standing }) => standing === 'forked')?.port, world.node(1).node.port);

  const { hash } = await world.node(0).mine('{"n":5}');
  const followed = await world.until(({ tip }) => tip?.height === 4);
  assert.equal(followed.tip?.hash, hash);
  assert.ok(followed.steps.some(({ code }) => code === 'followed'));
});

test('entries, blocks and lists are verified as they stand, and refuted where a character is changed', async (t) => {
  const world = await World.start(t, {
    prepare: async ([node]) => {
      for (const data of ['{"n":1}', '[{"n":2},{"n":3},{"n":1}]', '{"n":4}']) await node?.mine(data);
    },
  });
  const { verification } = world;
  const prove = async (thing: Parameters<Verification['prove']>[0]) => {
    const [verdict] = await verification.prove(thing);
    return verdict ?? assert.fail('every question has its verdict');
  };
  const entry = await world.shownEntry(1);
  const good = await prove({ type: 'entry', shown: entry });
  assert.equal(good.outcome, 'verified', good.text);
  assert.equal(good.place?.height, 1);
  assert.deepEqual(
    good.steps.map(({ code, outcome }) => [code, outcome]),
    [
      ['entry-id', 'passed'],
      ['entry-in-block', 'passed'],
      ['block-in-chain', 'passed'],
      ['work-on-top', 'passed'],
    ],
  );
  const changed = await prove({ type: 'entry', shown: { ...entry, text: '{"n":7}' } });
  assert.deepEqual([changed.outcome, changed.steps.at(-1)?.code], ['refuted', 'entry-id']);

  // The same entry stands in block 2 as well, as its third.
  const second = JSON.parse(await world.fetchText('blocks/2'));
  const place = { height: 2, hash: second.block.hash, index: 2 };
  const again = await prove({ type: 'entry', shown: { ...entry, place } });
  assert.deepEqual([again.outcome, again.place?.index, again.place?.path.length], ['verified', 2, 1]);
  const elsewhere = await prove({ type: 'entry', shown: { ...entry, place: { ...place, index: 1 } } });
  assert.deepEqual([elsewhere.outcome, elsewhere.steps.at(-1)?.code], ['refuted', 'entry-not-in-block']);
  const anywhere = await prove({ type: 'entry', shown: { ...entry, place: undefined } });
  assert.equal(anywhere.outcome, 'verified');
  const invented = await prove({ type: 'entry', shown: { ...entry, place: { ...place, hash: GENESIS } } });
  assert.equal(invented.outcome, 'unchecked', 'the genesis is no lie');
  const wrong = await prove({ type: 'entry', shown: { ...entry, place: { ...place, hash: 'ab'.repeat(32) } } });
  assert.deepEqual([wrong.outcome, wrong.steps.at(-1)?.code], ['refuted', 'block-not-on-chain']);

  const text = await world.fetchText('blocks/2/canonical');
  const { hash } = JSON.parse(text);
  const block = { height: 2, hash, text };
  const whole = await prove({ type: 'block', shown: block });
  assert.equal(whole.outcome, 'verified', whole.text);
  for (const [change, code] of [
    [text.replace('{"n":2}', '{"n":9}'), 'data-root-wrong'],
    [text.replace(/"nonce":\d+/, '"nonce":5'), 'block-hash-wrong'],
    [text.slice(1), 'json-syntax'],
  ] as const) {
    const verdict = await prove({ type: 'block', shown: { ...block, text: change } });
    assert.deepEqual([verdict.outcome, verdict.steps.at(-1)?.code], ['refuted', code]);
  }
  const other = await prove({ type: 'block', shown: { ...block, height: 1 } });
  assert.deepEqual([other.outcome, other.steps.at(-1)?.code], ['refuted', 'block-other']);

  const { blocks } = JSON.parse(await world.fetchText('blocks'));
  const rows = await verification.prove({ type: 'summaries', shown: blocks });
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['verified', 'verified', 'verified', 'verified'],
  );
  const [altered] = await verification.prove({
    type: 'summaries',
    shown: [{ ...blocks[0], time: '2026-01-01T00:00:00Z' }],
  });
  assert.deepEqual([altered?.outcome, altered?.steps.at(-1)?.code], ['refuted', 'summary-wrong']);
});

test('a gateway that hides the end of the chain is noticed', async (t) => {
  const world = await World.start(t, { prepare: async ([node]) => void (await node?.mine('{"n":1}')) });
  const { tip, peers } = await world.until((status) => status.phase === 'verified');
  const port = peers[0]?.port ?? assert.fail();
  world.verification.noteShown([{ port, height: 1, hash: tip?.hash ?? '' }]);
  await world.until(({ gateway }) => gateway.outcome === 'agrees');
  world.verification.noteShown([{ port, height: 0, hash: GENESIS }]);
  const hidden = await world.until(({ gateway }) => gateway.outcome === 'behind');
  assert.deepEqual(hidden.gateway.ports, [port]);
});

test('a node that lies is named, and the page goes on with the honest ones', async (t) => {
  let liar = '';
  const world = await World.start(t, {
    nodes: [{}, {}],
    prepare: async ([lying, honest]) => {
      for (const data of ['{"n":1}', '{"n":2}', '{"n":3}']) await lying?.mine(data);
      await honest?.mine('{"n":4}');
      liar = (await lying?.status())?.peer_id ?? '';
    },
    hear: (peer, message) => (peer === liar ? forged(message) : message),
  });
  const { node } = world.node(0);
  const status = await world.until(({ peers }) => peers.some(({ standing }) => standing === 'convicted'));
  const convict = status.peers.find(({ port }) => port === node.port);
  assert.equal(convict?.standing, 'convicted');
  assert.match(convict?.trouble?.code ?? '', /^(?:chain-proof-|history-root-wrong$|work-too-low$)/);
  const honest = await world.until(({ phase, tip }) => phase === 'verified' && tip?.height === 1);
  assert.equal(honest.tip?.hash, (await world.node(1).status()).tip.hash);
});

test('nodes of another network than the one that is remembered are not believed', async (t) => {
  const remembered = { genesisHash: createGenesis(DEFAULT_PARAMS).hash, isSet: false };
  const world = await World.start(t, { remembered });
  const status = await world.until(({ phase }) => phase === 'untrusted');
  assert.equal(status.trust?.origin, 'built-in');
  assert.equal(status.trust?.offered, GENESIS);
  assert.equal(status.tip, undefined);
  assert.equal(status.peers[0]?.trouble?.code, 'network-other');
});

test('a genesis that was put in is what counts, and the node of another network is left alone', async (t) => {
  const params: NetworkParams = { ...EASY_PARAMS, name: 'other' };
  const genesisHash = createGenesis(params).hash;
  const world = await World.start(t, {
    nodes: [{}, { params }],
    remembered: { genesisHash, isSet: true },
    prepare: async ([, node]) => void (await node?.mine('{"n":1}')),
  });
  const status = await world.until(({ tip }) => tip?.height === 1);
  assert.deepEqual([status.trust?.origin, status.trust?.networkName], ['set', 'other']);
  const stranger = status.peers.find(({ port }) => port === world.node(0).node.port);
  assert.deepEqual([stranger?.standing, stranger?.trouble?.code], ['unreachable', 'network-other']);
});

test('when the last node has gone, that is said, and what was verified stays', async (t) => {
  const world = await World.start(t, { prepare: async ([node]) => void (await node?.mine('{"n":1}')) });
  await world.until((status) => status.phase === 'verified');
  await world.node(0).stop();
  const status = await world.until(({ phase }) => phase === 'cut-off');
  assert.equal(status.tip?.height, 1);
  assert.equal(status.peers[0]?.isConnected, false);
});

/** A proof with another nonce in its last header, headers with another history root in theirs; anything else as it was. */
function forged(message: string): string {
  const proof = message.replace(/(?<="proof":"[0-9a-f]*)[0-9a-f](?=")/, otherDigit);
  return proof.replace(/(?<="headers":"[0-9a-f]*)[0-9a-f](?=[0-9a-f]{159}")/, otherDigit);
}

function otherDigit(digit: string): string {
  return digit === 'f' ? '0' : 'f';
}
