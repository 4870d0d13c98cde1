/** What the verifier has to ask of the gateway: which nodes there are, and what their network's parameters are. Nothing of it is believed. */

import { createGenesis } from '../../core/genesis.ts';
import { DEFAULT_PARAMS, type NetworkParams, parseParams } from '../../core/params.ts';

/** As the gateway lists it. */
export interface ListedNode {
  readonly port: number;
  /** The genesis that it says its network has; undefined where it does not answer. */
  readonly genesis: string | undefined;
}

/** The nodes that the gateway at `origin` lists, by port; undefined where there is no usable answer. */
export async function listNodes(origin: string, signal: AbortSignal): Promise<readonly ListedNode[] | undefined> {
  const answer = await fetchText(`${origin}/api/v1/overview`, signal);
  if (answer === undefined) return undefined;
  const nodes = member(parseJson(answer), 'nodes');
  if (!Array.isArray(nodes)) return undefined;
  const listed: ListedNode[] = [];
  for (const node of nodes) {
    const port = member(node, 'port');
    const genesis = member(member(member(node, 'status'), 'network'), 'genesis');
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > PORT_MAX) continue;
    listed.push({ port, genesis: typeof genesis === 'string' && GENESIS_TEXT.test(genesis) ? genesis : undefined });
  }
  return listed.sort((a, b) => a.port - b.port);
}

/** The parameters that hash to `genesisHash`, from the first node that has them; those of the default network from nobody. */
export async function findParams(
  options: { readonly origin: string; readonly genesisHash: string; readonly ports: readonly number[] },
  signal: AbortSignal,
): Promise<NetworkParams | undefined> {
  const { origin, genesisHash, ports } = options;
  if (genesisHash === DEFAULT_GENESIS_HASH) return DEFAULT_PARAMS;
  for (const port of ports) {
    const text = await fetchText(`${origin}/api/v1/nodes/${port}/params`, signal);
    const params = text === undefined ? undefined : parseParams(text);
    if (params?.ok === true && createGenesis(params.value).hash === genesisHash) return params.value;
  }
  return undefined;
}

/** The genesis of the network that a node joins when nothing else is said. */
export const DEFAULT_GENESIS_HASH: string = createGenesis(DEFAULT_PARAMS).hash;

export const GENESIS_TEXT = /^[0-9a-f]{64}$/;

async function fetchText(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

const PORT_MAX = 65_535;
const ANSWER_TIMEOUT_MS = 10_000;
