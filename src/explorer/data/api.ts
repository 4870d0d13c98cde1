/**
 * The gateway's interface, as the pages ask it. An answer is a value either way: what was asked for, or what stood in
 * the way, in the words of RFC 9457. Ledger JSON (blocks, entries) comes and goes as text, so that nothing in it changes.
 */
import type { Forks } from '../../api/fork-shapes.ts';
import type { BlocksPage, Overview } from '../../api/http-shapes.ts';
import type { Search } from '../../api/search-shapes.ts';
import type { NodeStatus, PeerView, Validation } from '../../api/shapes.ts';
import type { Result } from '../../core/result.ts';
import { fail, ok } from '../../core/result.ts';
import { readServerSentEvents } from './server-sent-events.ts';

/** Why there is no answer. `code` is stable: the gateway's, the node's, or `gateway-unreachable` and `cancelled` of this page. */
export interface Trouble {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export type Asked<Value> = Result<Value, Trouble>;

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

interface PageOptions {
  readonly from?: number | undefined;
  readonly limit?: number;
  readonly step?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the gateway that this page came from. One of them is enough; tests make their own. */
export class Api {
  readonly #fetch: typeof fetch;
  /** What proves that the visitor may change things, where the gateway wants it (docs/spec/http.md#protection). */
  token: string | undefined;

  constructor(fetchFunction: typeof fetch) {
    this.#fetch = fetchFunction;
  }

  overview(signal?: AbortSignal): Promise<Asked<Overview>> {
    return this.json('/api/v1/overview', { signal });
  }

  status(port: number, signal?: AbortSignal): Promise<Asked<NodeStatus>> {
    return this.json(`${nodePath(port)}/status`, { signal });
  }

  blocks(port: number, { from, limit, step, signal }: PageOptions = {}): Promise<Asked<BlocksPage>> {
    return this.json(`${nodePath(port)}/blocks${query({ from, limit, step })}`, { signal });
  }

  forks(port: number, signal?: AbortSignal): Promise<Asked<Forks>> {
    return this.json(`${nodePath(port)}/forks`, { signal });
  }

  peers(port: number, signal?: AbortSignal): Promise<Asked<{ readonly peers: readonly PeerView[] }>> {
    return this.json(`${nodePath(port)}/peers`, { signal });
  }

  search(
    port: number,
    options: {
      readonly text: string;
      readonly beforeHeight?: number | undefined;
      readonly limit?: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Asked<Search>> {
    const { text, beforeHeight, limit, signal } = options;
    return this.json(`${nodePath(port)}/search${query({ text, before_height: beforeHeight, limit })}`, { signal });
  }

  /** JSON text of a `BlockView`: the block at a height of the active chain, or the one of a hash. */
  blockText(port: number, block: string | number, signal?: AbortSignal): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/blocks/${encodeURIComponent(block)}`, { signal });
  }

  /** JSON text of an `EntryView`. */
  entryText(port: number, id: string, signal?: AbortSignal): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/entries/${encodeURIComponent(id)}`, { signal });
  }

  /** JSON text of a `RecordsPage`: the records that pass the filter, which comes as parameters of the query. */
  recordsText(
    port: number,
    filter: readonly (readonly [string, string])[],
    page: { readonly order?: 'asc' | 'desc'; readonly limit?: number; readonly cursor?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/records${query(page, filter)}`, { signal });
  }

  /** JSON text of a `PendingView`: the entries that wait, oldest first. */
  pendingText(port: number, options: { readonly limit?: number; readonly signal?: AbortSignal | undefined } = {}) {
    const { limit, signal } = options;
    return this.text(`${nodePath(port)}/pending${query({ limit })}`, { signal });
  }

  /** The canonical JSON of the network's parameters. */
  paramsText(port: number, signal?: AbortSignal): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/params`, { signal });
  }

  /** Submits JSON text; answers the JSON text of `Appended` when the entries are durable. */
  appendText(port: number, body: string, signal?: AbortSignal): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/entries`, { method: 'POST', body, contentType: JSON_TYPE, signal });
  }

  /** Mines JSON text into a block; answers the block's JSON text when it is on the active chain. */
  mineText(port: number, body: string, signal?: AbortSignal): Promise<Asked<string>> {
    return this.text(`${nodePath(port)}/blocks`, { method: 'POST', body, contentType: JSON_TYPE, signal });
  }

  /** Stops the node. */
  shutdown(port: number): Promise<Asked<string>> {
    return this.text(nodePath(port), { method: 'DELETE' });
  }

  /** Has the node check its whole chain again, and tells how far it is. Ending `signal` stops the check. */
  async validate(
    port: number,
    onProgress: (progress: { readonly blocks: number; readonly of: number }) => void,
    signal?: AbortSignal,
  ): Promise<Asked<Validation>> {
    const options: RequestOptions = { method: 'POST', accept: 'text/event-stream', signal };
    const answer = await this.#request(`${nodePath(port)}/validation`, options);
    if (!answer.ok) return answer;
    try {
      for await (const { type, data } of readServerSentEvents(answer.value)) {
        if (type === 'progress') onProgress(JSON.parse(data));
        else if (type === 'verdict') return ok(JSON.parse(data));
        else if (type === 'problem') return fail(readTrouble(JSON.parse(data), answer.value.status));
      }
    } catch (error) {
      return fail(lostConnection(error));
    }
    return fail(CUT_SHORT);
  }

  /** The parsed answer: for what holds no ledger JSON. */
  async json<Value>(path: string, options: RequestOptions = {}): Promise<Asked<Value>> {
    const answer = await this.text(path, options);
    return answer.ok ? ok(JSON.parse(answer.value)) : answer;
  }

  /** The answer as it came. */
  async text(path: string, options: RequestOptions = {}): Promise<Asked<string>> {
    const answer = await this.#request(path, options);
    if (!answer.ok) return answer;
    try {
      return ok(await answer.value.text());
    } catch (error) {
      return fail(lostConnection(error));
    }
  }

  async #request(path: string, options: RequestOptions): Promise<Asked<Response>> {
    const headers = new Headers();
    if (options.accept !== undefined) headers.set('accept', options.accept);
    if (options.contentType !== undefined) headers.set('content-type', options.contentType);
    if (this.token !== undefined) headers.set('authorization', `Bearer ${this.token}`);
    try {
      const response = await this.#fetch(path, {
        method: options.method ?? 'GET',
        headers,
        body: options.body ?? null,
        signal: options.signal ?? null,
      });
      if (response.ok) return ok(response);
      const type = response.headers.get('content-type') ?? '';
      const body = type.startsWith('application/problem+json') ? await response.json() : undefined;
      return fail(readTrouble(body, response.status));
    } catch (error) {
      return fail(lostConnection(error));
    }
  }
}

/** Where a browser listens to the records of a node that pass the filter of `filter`. */
export function recordStreamPath(port: number, filter: readonly (readonly [string, string])[]): string {
  return `${nodePath(port)}/records/stream${query({}, filter)}`;
}

/** Where a browser saves the receipt of an entry from. */
export function receiptHref(port: number, id: string): string {
  return `${nodePath(port)}/entries/${id}/receipt`;
}

/** Asks the gateway that this page came from. */
export const api = new Api((...request) => fetch(...request));

function nodePath(port: number): string {
  return `/api/v1/nodes/${port}`;
}

/** Of `parameters`, behind `more` where there are any whose names may come more than once. */
function query(
  parameters: Readonly<Record<string, string | number | undefined>>,
  more: readonly (readonly [string, string])[] = [],
): string {
  const search = new URLSearchParams();
  for (const [name, value] of more) search.append(name, value);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

/** A problem's body, in whatever state it came: a gateway that lies or fails may send anything. */
function readTrouble(body: unknown, status: number): Trouble {
  const members = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const member = (name: string, otherwise: string) => (typeof members[name] === 'string' ? members[name] : otherwise);
  return {
    code: member('code', 'answer-unreadable'),
    status,
    title: member('title', 'The gateway answered with an error'),
    detail: member('detail', `It answered with status ${status}, and did not say why.`),
  };
}

function lostConnection(error: unknown): Trouble {
  return error instanceof Error && error.name === 'AbortError' ? CANCELLED : UNREACHABLE;
}

const JSON_TYPE = 'application/json';
const CANCELLED: Trouble = {
  code: 'cancelled',
  status: 0,
  title: 'Cancelled',
  detail: 'The answer was not needed any more.',
};
const UNREACHABLE: Trouble = {
  code: 'gateway-unreachable',
  status: 0,
  title: 'The gateway does not answer',
  detail: 'It may have been stopped. Once it is started again, by npx cairn gateway, this page goes on by itself.',
};
const CUT_SHORT: Trouble = {
  code: 'answer-cut-short',
  status: 0,
  title: 'The answer ended before it was whole',
  detail: 'The node or the gateway may have been stopped meanwhile.',
};
