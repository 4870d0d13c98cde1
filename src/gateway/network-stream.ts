/**
 * Server-sent events of all nodes within reach in one stream: a browser has few connections to a host.
 *
 * Each node is followed by a subscription of its own, from `node-joined`, which says how it stands, until `node-left`.
 * There are no cursors: whatever was lost, be it a connection, a node or the stream itself, a new `node-joined` makes good.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { NetworkEvent } from '../api/http-shapes.ts';
import { type NodeStatus, NodeStatusShape } from '../api/shapes.ts';
import { ProbeError, RpcCallError } from '../probe/probe-client.ts';
import { HEARTBEAT, RETRY_MS } from './event-stream.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { Handover } from './handover.ts';
import { readAnswer } from './node-answer.ts';
import type { NodeDirectory } from './node-directory.ts';
import { subscribe } from './node-events.ts';
import { PatientReader } from './patient-reader.ts';
import { Problem } from './problem.ts';

interface NetworkStreamParts {
  readonly directory: NodeDirectory;
  readonly limits: GatewayLimits;
  readonly signal: AbortSignal;
}

/**
 * The stream's text in pieces, until `signal` is aborted. Each node is at most one event ahead of what was taken, so a
 * slow reader holds up its own subscriptions and nothing else.
 */
export async function* networkEventPieces(parts: NetworkStreamParts): AsyncGenerator<string, void, undefined> {
  const { limits, signal } = parts;
  const handover = new Handover<NetworkEvent>(signal);
  const watching = watchNodes(parts, handover).catch((error: unknown) => handover.fail(error));
  const events = new PatientReader(handover.items());
  yield `retry: ${RETRY_MS}\n\n`;
  for (;;) {
    const next = await events.take(limits.heartbeatMs);
    if (next?.done === true) break;
    yield next === undefined ? HEARTBEAT : `event: ${next.value.type}\ndata: ${JSON.stringify(next.value)}\n\n`;
  }
  await watching;
}

/** Looks for nodes again and again, and follows each that is not followed yet. */
async function watchNodes(parts: NetworkStreamParts, handover: Handover<NetworkEvent>): Promise<void> {
  const { directory, limits, signal } = parts;
  const followed = new Map<number, Promise<void>>();
  while (!signal.aborted) {
    for (const { port } of await directory.list()) {
      if (followed.has(port)) continue;
      const ending = followNode(parts, port, handover)
        .catch((error: unknown) => handover.fail(error))
        .finally(() => followed.delete(port));
      followed.set(port, ending);
    }
    await pause(limits.nodesLookMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(followed.values());
}

/** Tells of one node until it does not answer any more. One that does not answer from the start is not told of. */
async function followNode(parts: NetworkStreamParts, port: number, handover: Handover<NetworkEvent>): Promise<void> {
  const { directory, limits, signal } = parts;
  const ended = new AbortController();
  let hasJoined = false;
  try {
    const client = await directory.client(String(port));
    const events = await subscribe(client, AbortSignal.any([signal, ended.signal]));
    await handover.put({ type: 'node-joined', port, status: await askStatus(parts, port) });
    hasJoined = true;
    let statusDueMs = performance.now() + limits.statusIntervalMs;
    for (;;) {
      const next = await events.take(Math.max(0, statusDueMs - performance.now()));
      if (next?.done === true) return;
      if (next !== undefined) {
        await handover.put({ port, ...next.value });
        // What the miner does says its own figures.
        const isNews = next.value.type !== 'mining-progress';
        if (isNews) statusDueMs = Math.min(statusDueMs, performance.now() + limits.statusPauseMs);
      }
      if (performance.now() < statusDueMs) continue;
      await handover.put({ type: 'node-status', port, status: await askStatus(parts, port) });
      statusDueMs = performance.now() + limits.statusIntervalMs;
    }
  } catch (error) {
    // Of a node that does not answer any more, the subscription may still stand.
    ended.abort();
    const reason = reasonOf(error);
    if (signal.aborted) return;
    if (reason === undefined) throw error;
    if (hasJoined) await handover.put({ type: 'node-left', port, reason });
  }
}

async function askStatus({ directory, signal }: NetworkStreamParts, port: number): Promise<NodeStatus> {
  return readAnswer(NodeStatusShape, await directory.ask(String(port), 'status', { signal }));
}

/** Why a node is followed no longer; undefined where the fault is ours. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof ProbeError || error instanceof Problem) return error.code;
  return error instanceof RpcCallError ? error.rpc.data.code : undefined;
}
