/** Real nodes that reach each other by links alone, each pair by one of its own. */
import { fileURLToPath } from 'node:url';
import type { ProbeClient } from '../../src/probe/probe-client.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { World } from '../../test/support/cairn-process.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';
import { statusWhen } from '../../test/support/test-node.ts';
import { EntrySource } from '../kill/loads.ts';
import { Promises } from '../kill/promises.ts';
import { NodeProcess } from '../node-process.ts';
import { Link } from './link.ts';

/** A node, and what it has promised. */
export interface LinkedNode {
  readonly process: NodeProcess;
  readonly client: ProbeClient;
  readonly entries: EntrySource;
  readonly promises: Promises;
}

/** The link between two nodes, by their places; the first one dials. */
export interface LinkOfPair {
  readonly first: number;
  readonly second: number;
  readonly link: Link;
}

export interface LinkedNodes {
  readonly nodes: readonly LinkedNode[];
  readonly links: readonly LinkOfPair[];
}

/** Starts `count` nodes with a link between each two of them, and waits until all are connected. */
export async function startLinkedNodes(
  lifetime: Lifetime,
  options: { readonly world: World; readonly count: number; readonly random: Random },
): Promise<LinkedNodes> {
  const { world, count, random } = options;
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const links: LinkOfPair[] = [];
  for (const [first] of ports.entries()) {
    for (const [second, port] of ports.slice(0, first).entries()) {
      links.push({ first, second, link: await Link.open(lifetime, port) });
    }
  }
  const env = { NODE_OPTIONS: `--import ${FIREWALL}`, CLOSED_PORTS: ports.join(',') };
  const nodes = await Promise.all(
    ports.map(async (listenPort, i): Promise<LinkedNode> => {
      const own = links.filter(({ first }) => first === i);
      const peers = own.map(({ link }) => `/ip4/127.0.0.1/tcp/${link.port}`);
      const process = await NodeProcess.spawn(lifetime, world, { name: `node-${i}`, listenPort, peers, env });
      await process.untilReady();
      const client = await process.connect(lifetime);
      const entries = new EntrySource(`node ${i}`, random.stream(`entries of ${i}`));
      return { process, client, entries, promises: new Promises() };
    }),
  );
  await Promise.all(nodes.map(({ client }) => statusWhen(client, ({ peers }) => peers === count - 1)));
  return { nodes, links };
}

/** Loaded as it stands: Node strips the types. */
const FIREWALL = fileURLToPath(new URL('./firewall-child.ts', import.meta.url));
