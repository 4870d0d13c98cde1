/** Light clients at whole nodes: the machine that a page runs, over a network in memory, and many of them at once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { entryIds } from '../src/core/body.ts';
import { MemoryNetworkHub } from '../src/network/memory-network.ts';
import type { PeerNetwork } from '../src/network/peer-network.ts';
import { readClocks } from '../src/node/clocks.ts';
import { LightClient } from '../src/protocol/light-client.ts';
import type { LightEffect, LightInput, LightQuestion } from '../src/protocol/light-effects.ts';
import { LIGHT_PEERS_MAX } from '../src/protocol/limits.ts';
import { encodeMessage, parseMessage } from '../src/protocol/message.ts';
import { bodyOf, TEST_PARAMS } from './support/chain-fixture.ts';
import { atEnd } from './support/lifetime.ts';
import { MemoryNode } from './support/memory-node.ts';
import { MemoryPeer, memoryNetworkOptions } from './support/memory-peer.ts';

const params = TEST_PARAMS;

test('a light client learns the tip of a node by its proof, follows new blocks, and is shown blocks and entries', async (t) => {
  const hub = new MemoryNetworkHub();
  const node = await MemoryNode.start(t, { hub, id: 'node', params, mode: 'demand' });
  for (const entry of ['"a"', '"b"', '"c"']) await mine(node, entry);
  const client = await Client.start(t, hub);
  await client.dial(node.network);
  const proven = await client.until((effect) => effect.type === 'tip-proven');
  assert.ok(proven.type === 'tip-proven' && proven.report.method === 'proof');
  assert.deepEqual(client.machine.tip, node.machine.tip);

  await mine(node, '"d"');
  await client.until((effect) => effect.type === 'tip-moved' && effect.move.to.hash === node.machine.tip.hash);
  const { hash } = node.machine.tip;
  const block = await client.ask({ type: 'block', height: 4, hash });
  assert.ok(block.type === 'block' && Buffer.from(block.block.body.bytes).equals(Buffer.from('["d"]')));
  const [id] = entryIds(bodyOf('"b"'));
  assert.ok(id);
  const entry = await client.ask({ type: 'entry', id });
  assert.ok(entry.type === 'entry' && entry.header.header.height === 2);
  assert.deepEqual(node.failures, []);
  assert.deepEqual(
    [...node.machine.peers].map((peer) => [peer.id, peer.isLight]),
    [['light', true]],
  );
});

test('of many light clients at once, as many as there is room for get the proof of the tip, which is made once', async (t) => {
  const hub = new MemoryNetworkHub();
  const node = await MemoryNode.start(t, { hub, id: 'node', params, mode: 'demand' });
  await mine(node, '"a"');
  let made = 0;
  const { store } = node;
  const makeProof = store.chainProof.bind(store);
  store.chainProof = () => {
    made++;
    return makeProof();
  };
  const clients = await Promise.all(
    Array.from({ length: LIGHT_PEERS_MAX + 3 }, (_, i) => MemoryPeer.start(t, { hub, params, id: `light-${i}` })),
  );
  const told = clients.map(async (client) => {
    await client.dial(node.network);
    client.greet(node.network, params, { light: true });
    client.send(node.network, { type: 'get-chain-proof' });
    await client.readUntil((messages) => messages.some(({ type }) => type === 'chain-proof' || type === 'goodbye'));
    return client.messages.at(-1);
  });
  const answers = await Promise.all(told);
  const refused = answers.filter((message) => message?.type === 'goodbye');
  assert.deepEqual(
    refused.map((message) => message?.type === 'goodbye' && message.code),
    ['peers-full', 'peers-full', 'peers-full'],
  );
  assert.equal(made, 1);
});

/** A light client's machine with a network in memory. */
class Client {
  readonly machine = new LightClient({ params, agent: 'light/1' });
  readonly #network: PeerNetwork;
  readonly #effects: LightEffect[] = [];
  #waiting: (() => void)[] = [];
  #requests = 0;

  private constructor(network: PeerNetwork) {
    this.#network = network;
  }

  /** Runs until the test ends. */
  static async start(t: TestContext, hub: MemoryNetworkHub): Promise<Client> {
    const network = hub.createNetwork('light', memoryNetworkOptions(params));
    const client = new Client(network);
    await network.start({
      peerConnected: ({ id, address }) => client.#feed({ type: 'peer-connected', peer: id, address }),
      peerDisconnected: (peer, reason) => client.#feed({ type: 'peer-disconnected', peer, reason: reason.code }),
      addressDiscovered: () => undefined,
      messageReceived: (peer, bytes) => {
        const message = parseMessage(bytes);
        assert.ok(message.ok, 'a node sends well-formed messages');
        client.#feed({ type: 'message-received', peer, message: message.value });
      },
    });
    atEnd(t, () => network.stop());
    return client;
  }

  async dial(network: PeerNetwork): Promise<void> {
    await this.#network.dial(network.addresses()[0] ?? assert.fail('it can be dialled'));
  }

  /** The first effect that there was, or will be, of which `condition` holds. */
  async until(condition: (effect: LightEffect) => boolean): Promise<LightEffect> {
    for (;;) {
      const found = this.#effects.find(condition);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async ask(question: LightQuestion) {
    const request = ++this.#requests;
    this.#feed({ type: 'asked', request, question });
    const answered = await this.until((effect) => effect.type === 'answered' && effect.request === request);
    assert.ok(answered.type === 'answered' && answered.result.ok, 'it is answered');
    return answered.result.value;
  }

  #feed(input: LightInput): void {
    for (const effect of this.machine.handle(input, readClocks())) {
      this.#effects.push(effect);
      if (effect.type === 'send') this.#network.send(effect.peer, encodeMessage(effect.message));
      if (effect.type === 'disconnect') this.#network.disconnect(effect.peer, effect.note);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

async function mine(node: MemoryNode, entry: string): Promise<void> {
  const answer = await node.runtime.ask({ type: 'mine-requested', body: bodyOf(entry) });
  assert.equal(answer.type, 'block-mined');
}
