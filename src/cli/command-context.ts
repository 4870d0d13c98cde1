/** What every command is given, and how it reaches a node by its port. */
import type { CairnHome } from '../probe/cairn-home.ts';
import { connectProbe, type ProbeClient, type ProbeTarget } from '../probe/probe-client.ts';
import { listRunning } from '../probe/running-nodes.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import type { Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  readonly home: CairnHome;
  readonly settings: Settings;
}

/** Where the node with `port` is asked: one on the list of running nodes, or else one that the configuration names. */
export async function findNode({ home, settings }: CommandContext, port: number): Promise<ProbeTarget> {
  const running = await listRunning(home);
  const target = [...running, ...settings.nodes].find((node) => node.port === port);
  if (target !== undefined) return { host: target.host, port };
  const others = running.length === 0 ? 'none runs' : `these run: ${running.map((node) => node.port).join(', ')}`;
  throw new CommandError(
    EXIT_CODES.unreachable,
    'node-unknown',
    `No node runs at port ${port} (${others}; home ${home.root}). Start one with \`cairn node ${port}\`.`,
  );
}

/** What `work` makes of a connection to the node with `port`, which is closed behind it. */
export async function withNode<Value>(
  context: CommandContext,
  port: number,
  work: (client: ProbeClient) => Promise<Value>,
): Promise<Value> {
  const client = await connectProbe(await findNode(context, port));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** For an answer that has not got what was asked for: `a block`. */
export function answeredWithout(what: string): CommandError {
  const message = `The node answered without ${what}: check that it is of this version.`;
  return new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
}

/** An answer of a node that is no ledger JSON. Its shape is the node's word for it: both are of one version. */
export function parseAnswer<Shape>(text: string): Shape {
  return JSON.parse(text) as Shape;
}
