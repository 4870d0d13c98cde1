/** How all nodes within reach are, asked at once. */
import type { Nodes } from '../api/http-shapes.ts';
import { type NodeStatus, NodeStatusShape } from '../api/shapes.ts';
import { ProbeError, RpcCallError } from '../probe/probe-client.ts';
import { readAnswer } from './node-answer.ts';
import type { NodeDirectory } from './node-directory.ts';
import { Problem } from './problem.ts';

/** What a node said of itself when it was asked; undefined where it did not answer. */
export interface NodeReading {
  readonly port: number;
  readonly source: Nodes['nodes'][number]['source'];
  readonly status: NodeStatus | undefined;
}

/** One for each node, by port. Those that have not answered when `signal` is aborted take nothing from the others. */
export async function readNodes(directory: NodeDirectory, signal: AbortSignal): Promise<NodeReading[]> {
  const nodes = await directory.list();
  return Promise.all(
    nodes.map(async ({ port, source }) => ({ port, source, status: await readStatus(directory, port, signal) })),
  );
}

async function readStatus(
  directory: NodeDirectory,
  port: number,
  signal: AbortSignal,
): Promise<NodeStatus | undefined> {
  try {
    return readAnswer(NodeStatusShape, await directory.ask(String(port), 'status', { signal }));
  } catch (error) {
    const isNoAnswer = error instanceof ProbeError || error instanceof RpcCallError || error instanceof Problem;
    if (!isNoAnswer && !signal.aborted) throw error;
    return undefined;
  }
}
