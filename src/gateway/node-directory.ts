/**
 * The nodes that the gateway reaches: those on the list of running nodes and those named in its configuration, and
 * nothing else. A path names a node by its port, and the text of a path is only ever compared with what is on the list.
 */
import type { Nodes } from '../api/http-shapes.ts';
import type { RpcMethod } from '../api/rpc.ts';
import type { JsonText } from '../core/json-text.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { connectProbe, type ProbeClient, ProbeError, type ProbeTarget } from '../probe/probe-client.ts';
import { listRunning } from '../probe/running-nodes.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { problem } from './problem.ts';

interface AskOptions {
  readonly params?: JsonText;
  /** As `CallOptions` of the client says it. */
  readonly paramsDepthMax?: number;
  readonly signal: AbortSignal;
}

export interface NodeDirectory {
  /** Every node, by port. */
  list(): Promise<Nodes['nodes']>;
  /**
   * A question that changes nothing, on the one connection that is kept to the node. Asked again on a new connection
   * when the kept one turns out to be dead, as it is after a restart of the node.
   */
  ask(port: string, method: RpcMethod, options: AskOptions): Promise<JsonText>;
  /** The client whose connection is kept. Not to be closed; its streams and events have connections of their own. */
  client(port: string): Promise<ProbeClient>;
  /**
   * A client of its own, for what changes something or lasts long. Whoever opens it closes it, and the node sees by that
   * when nobody waits for the answer any more.
   */
  open(port: string): Promise<ProbeClient>;
  close(): void;
}

/** A directory over the running nodes of `home` and the `configured` ones; at equal port the running one counts. */
export function createNodeDirectory(options: {
  readonly home: CairnHome;
  readonly configured: readonly ProbeTarget[];
  readonly limits: GatewayLimits;
}): NodeDirectory {
  const { home, configured, limits } = options;
  const kept = new Map<string, Promise<ProbeClient>>();
  const looks = new Map<string, { readonly target: Promise<ProbeTarget>; readonly sinceMs: number }>();

  async function list(): Promise<Nodes['nodes']> {
    const nodes = new Map<number, Nodes['nodes'][number]>();
    for (const { port, host } of configured) nodes.set(port, { source: 'configured', port, host });
    for (const { port, host, pid, started } of await listRunning(home)) {
      nodes.set(port, { source: 'running', port, host, pid, started });
    }
    return [...nodes.values()].sort((a, b) => a.port - b.port);
  }

  async function find(port: string): Promise<ProbeTarget> {
    const nodes = await list();
    const node = nodes.find((candidate) => String(candidate.port) === port);
    if (node !== undefined) return { host: node.host, port: node.port };
    const running = nodes.map((candidate) => candidate.port);
    const others = running.length === 0 ? 'no node is running' : `these are: ${running.join(', ')}`;
    throw problem('node-unknown', `No node runs at this port; ${others}. Start one with \`cairn node <port>\`.`, {
      facts: { port, running },
    });
  }

  /** As `find`, but what it says may be a moment old. A node that ends meanwhile is found out by the loss of its connection. */
  function findLately(port: string): Promise<ProbeTarget> {
    const nowMs = performance.now();
    const known = looks.get(port);
    if (known !== undefined && nowMs - known.sinceMs < limits.lookAgeMs) return known.target;
    const target = find(port);
    looks.set(port, { target, sinceMs: nowMs });
    target.catch(() => looks.delete(port));
    return target;
  }

  async function open(port: string): Promise<ProbeClient> {
    return connectProbe(await find(port), { timeoutMs: limits.connectTimeoutMs });
  }

  /** The kept connection to a node that was on the list a moment ago. */
  async function keptClient(port: string): Promise<{ client: ProbeClient; isNew: boolean }> {
    const target = await findLately(port);
    const key = `${target.host} ${target.port}`;
    const known = kept.get(key);
    if (known !== undefined) return { client: await known, isNew: false };
    const connecting = connectProbe(target, { timeoutMs: limits.connectTimeoutMs });
    kept.set(key, connecting);
    connecting.catch(() => kept.delete(key));
    return { client: await connecting, isNew: true };
  }

  /** Not closed: its streams may outlive the connection that was lost. */
  async function forget(client: ProbeClient): Promise<void> {
    looks.clear();
    for (const [key, connecting] of [...kept]) {
      const isSame = (await connecting.catch(() => undefined)) === client;
      if (isSame && kept.get(key) === connecting) kept.delete(key);
    }
  }

  async function client(port: string): Promise<ProbeClient> {
    return (await keptClient(port)).client;
  }

  async function ask(port: string, method: RpcMethod, { params, ...options }: AskOptions): Promise<JsonText> {
    for (;;) {
      const { client, isNew } = await keptClient(port);
      try {
        return await client.call(method, params, { ...options, timeoutMs: limits.answerTimeoutMs });
      } catch (error) {
        if (options.signal.aborted || !(error instanceof ProbeError) || !LOST_CONNECTION.has(error.code)) throw error;
        await forget(client);
        if (isNew) throw error;
      }
    }
  }

  function close(): void {
    for (const connecting of kept.values()) connecting.then((client) => client.close()).catch(() => undefined);
    kept.clear();
  }

  return { list, ask, client, open, close };
}

/** After which a client answers nothing more. A question that took too long leaves the others alone. */
const LOST_CONNECTION: ReadonlySet<string> = new Set(['node-closed', 'probe-protocol']);
