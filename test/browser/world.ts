/** Real nodes, and a gateway that serves the built explorer over them, inside the test's own process. */
import { createGateway } from '../../src/gateway/gateway.ts';
import type { CairnHome } from '../../src/probe/cairn-home.ts';
import type { MiningMode } from '../../src/protocol/mining-desk.ts';
import { atEnd, type Lifetime } from '../support/lifetime.ts';
import { makeHome, TestNode, type TestNodeOptions } from '../support/test-node.ts';
import { PLAIN_HOST } from './browser.ts';
import { ensureExplorer } from './built-explorer.ts';

export interface WorldOptions extends Pick<TestNodeOptions, 'params'> {
  /** The fields by which the records of the first node can be searched at once; without it, it keeps no table of them. The others never do. */
  readonly indexes?: readonly string[];
  /** Whether by their words, too. */
  readonly fullText?: boolean;
  /** When the first node mines; the others do where they are asked to, so that no two find a block at once. */
  readonly firstMode?: MiningMode;
  /** How many nodes there are to begin with: three unless told. */
  readonly nodes?: number;
  /** The ports of these nodes, where they are to be told by them. */
  readonly ports?: readonly number[];
}

/** A network and its page. Nodes of one home find each other by themselves. */
export class ExplorerWorld {
  readonly #lifetime: Lifetime;
  readonly #options: WorldOptions;
  readonly #home: CairnHome;
  readonly #nodes: TestNode[] = [];
  #port = 0;

  private constructor(lifetime: Lifetime, options: WorldOptions, home: CairnHome) {
    this.#lifetime = lifetime;
    this.#options = options;
    this.#home = home;
  }

  /** A gateway and as many nodes as asked for that are each other's peers. */
  static async start(lifetime: Lifetime, options: WorldOptions = {}): Promise<ExplorerWorld> {
    await ensureExplorer();
    const world = new ExplorerWorld(lifetime, options, await makeHome(lifetime));
    const count = options.nodes ?? 3;
    for (let i = 0; i < count; i++) await world.addNode();
    await Promise.all(world.#nodes.map((node) => node.statusWhen(({ peers }) => peers >= count - 1)));
    await world.#openGateway();
    return world;
  }

  /** Two nodes that know nothing of each other, and a gateway that reaches both: what they mine are two branches. */
  static async startApart(lifetime: Lifetime, options: WorldOptions = {}): Promise<ExplorerWorld> {
    await ensureExplorer();
    const world = new ExplorerWorld(lifetime, options, await makeHome(lifetime));
    for (let i = 0; i < 2; i++) await world.addNode(await makeHome(lifetime));
    await world.#openGateway();
    return world;
  }

  /** Where the gateway is, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The same under a name that makes it no secure context: a browser has no WebCrypto there. */
  get plainUrl(): string {
    return `http://${PLAIN_HOST}:${this.#port}`;
  }

  get nodes(): readonly TestNode[] {
    return this.#nodes;
  }

  /** The node that was started as number `i`. */
  node(i: number): TestNode {
    const node = this.#nodes[i];
    if (node === undefined) throw new Error(`there are ${this.#nodes.length} nodes, and no node ${i}`);
    return node;
  }

  /** Starts one more node, in the world's home or in one of its own. */
  async addNode(home: CairnHome = this.#home): Promise<TestNode> {
    const { params, ports, indexes, fullText = false, firstMode = 'demand' } = this.#options;
    const number = this.#nodes.length;
    const node = await TestNode.start(this.#lifetime, {
      ...(params === undefined ? {} : { params }),
      ...(indexes === undefined || number > 0 ? {} : { indexes, fullText }),
      home,
      name: `node-${number}`,
      port: ports?.[number] ?? 0,
      mode: number === 0 ? firstMode : 'demand',
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
    });
    this.#nodes.push(node);
    return node;
  }

  /** Resolves when every node has the tip that `node`, the first one unless told, has now. */
  async agreed(node: TestNode = this.node(0)): Promise<void> {
    const { tip } = await node.status();
    await Promise.all(this.#nodes.map((other) => other.statusWhen((status) => status.tip.hash === tip.hash)));
  }

  async #openGateway(): Promise<void> {
    const gateway = await createGateway({
      home: this.#home,
      host: '127.0.0.1',
      port: 0,
      configuredNodes: this.#nodes.map(({ node }) => ({ host: '127.0.0.1', port: node.port })),
      allowedHosts: [PLAIN_HOST],
    });
    await gateway.listen();
    atEnd(this.#lifetime, () => gateway.close());
    this.#port = gateway.port;
  }
}
