/** The way in: `const ledger = await connect('http://127.0.0.1:8080')`. */
import { genesisHash } from '../core/genesis.ts';
import { parseHash } from '../core/hash.ts';
import { parseParams } from '../core/params.ts';
import { HttpClient } from './http-client.ts';
import { Ledger, type SignalOption } from './ledger.ts';
import { LedgerError, unreadable } from './ledger-error.ts';

export interface ConnectOptions extends SignalOption {
  /** The port by which the gateway knows the node; the first on its list unless told. */
  readonly node?: number | undefined;
  /**
   * The hash of the genesis, 64 hex digits, as `cairn status` prints it at somebody you trust: the gateway must show that
   * network, and no other. Without it the gateway says which network it is; see `Ledger.genesis`.
   */
  readonly genesis?: string | undefined;
  /** Whether what the gateway says is checked before you get it; true unless told. */
  readonly verify?: boolean | undefined;
  /** What the gateway demands of whoever changes something, where it has one. */
  readonly token?: string | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** A ledger, at the gateway with this address. Rejects where there is no gateway, no such node, or another network than `genesis`. */
export async function connect(address: string | URL, options: ConnectOptions = {}): Promise<Ledger> {
  const { signal, verify = true } = options;
  const http = new HttpClient({
    address: parseAddress(address),
    fetch: options.fetch ?? globalThis.fetch,
    token: options.token,
  });
  const pinned = parsePin(options.genesis);
  const node = options.node ?? (await firstNode(http, signal));
  const params = parseParams(await http.text(`/api/v1/nodes/${node}/params`, { signal }));
  if (!params.ok) throw unreadable(`it is no parameters of a network (${params.fault.code})`);
  const genesis = genesisHash(params.value);
  if (pinned !== undefined && genesis !== pinned) {
    const message = `The gateway leads to the network "${params.value.name}" with the genesis ${genesis}, and not to ${pinned}.`;
    throw new LedgerError('network-other', message, { facts: { expected: pinned, genesis } });
  }
  return new Ledger({ http, node, params: params.value, genesis, isPinned: pinned !== undefined, verify });
}

async function firstNode(http: HttpClient, signal: AbortSignal | undefined): Promise<number> {
  let list: unknown;
  try {
    list = JSON.parse(await http.text('/api/v1/nodes', { signal }));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unreadable('it is no list of nodes', cause);
    throw cause;
  }
  const nodes = typeof list === 'object' && list !== null && 'nodes' in list ? list.nodes : undefined;
  if (!Array.isArray(nodes)) throw unreadable('it is no list of nodes');
  const port: unknown = nodes[0]?.port;
  if (typeof port === 'number') return port;
  throw new LedgerError('node-unknown', 'The gateway reaches no node: start one with `cairn node`.');
}

function parseAddress(address: string | URL): URL {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const message = `${JSON.stringify(String(address))} is no address of a gateway, such as http://127.0.0.1:8080.`;
  throw new LedgerError('address-invalid', message);
}

function parsePin(genesis: string | undefined): string | undefined {
  if (genesis === undefined || parseHash(genesis) !== undefined) return genesis;
  throw new LedgerError('genesis-invalid', 'A genesis has 64 lower-case hex digits, as `cairn status` prints them.');
}
