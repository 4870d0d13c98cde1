/**
 * Questions to a gateway over HTTP, by nothing but `fetch`: the same in Node and in browsers.
 *
 * What the gateway refuses, and what stands in the way, is thrown as a `LedgerError`. No answer is read beyond a bound.
 */
import { LedgerError, unreadable } from './ledger-error.ts';

export interface HttpOptions {
  /** Of the gateway: its path is put before those of the routes. */
  readonly address: URL;
  readonly fetch: typeof fetch;
  /** What a gateway demands of whoever changes something, where it has one. */
  readonly token: string | undefined;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST';
  /** JSON text. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export class HttpClient {
  readonly #address: URL;
  readonly #fetch: typeof fetch;
  readonly #token: string | undefined;

  constructor({ address, fetch, token }: HttpOptions) {
    this.#address = address;
    // Called as a method of ours it would not be the function that browsers know.
    this.#fetch = (...request) => fetch(...request);
    this.#token = token;
  }

  /** The whole answer as text. */
  async text(path: string, options: RequestOptions = {}): Promise<string> {
    const bytes = await this.bytes(path, options);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw unreadable('it is not UTF-8', cause);
    }
  }

  /** The whole answer. */
  async bytes(path: string, options: RequestOptions = {}): Promise<Uint8Array> {
    const response = await this.open(path, options);
    return readBounded(response, options.signal);
  }

  /** The answer, of which nothing was read yet. */
  async open(path: string, { method = 'GET', body, headers, signal }: RequestOptions = {}): Promise<Response> {
    const all = new Headers(headers);
    if (body !== undefined) all.set('content-type', 'application/json');
    if (this.#token !== undefined) all.set('authorization', `Bearer ${this.#token}`);
    let response: Response;
    try {
      const address = new URL(`${this.#address.pathname.replace(/\/$/, '')}${path}`, this.#address);
      response = await this.#fetch(address, { method, headers: all, body: body ?? null, signal: signal ?? null });
    } catch (cause) {
      signal?.throwIfAborted();
      throw lostConnection(this.#address, cause);
    }
    if (response.ok) return response;
    throw readProblem(response.status, await readBounded(response, signal));
  }
}

/** The members of `parameters` that are not undefined, as a query string; several values under one name stand one after the other. */
export function queryText(
  parameters: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [value]) search.append(name, String(one));
  }
  return search.size === 0 ? '' : `?${search}`;
}

async function readBounded(response: Response, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of bodyParts(response)) {
      sizeBytes += part.length;
      if (sizeBytes > ANSWER_BYTES_MAX) break;
      parts.push(part);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LedgerError('answer-incomplete', 'The connection was lost in the middle of an answer: ask again.', {
      cause,
    });
  }
  if (sizeBytes > ANSWER_BYTES_MAX) throw unreadable(`it is over ${ANSWER_BYTES_MAX} bytes`);
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The parts of a body as they come. `for await` over the stream itself is not in every browser. */
export async function* bodyParts(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // Ends the request where not all was read. It may be broken already, and then there is nothing to end.
    await reader.cancel().catch(() => undefined);
  }
}

/** A problem's body (RFC 9457), in whatever state it came: what stands between may have written it. */
function readProblem(status: number, body: Uint8Array): LedgerError {
  let members: Readonly<Record<string, unknown>> = {};
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === 'object' && value !== null) members = { ...value };
  } catch {
    // No gateway of ours wrote this; the status says what there is to say.
  }
  const { code, detail, title, status: _, type: _type, instance: _instance, ...facts } = members;
  if (typeof code !== 'string') {
    return new LedgerError('answer-unreadable', `The gateway answered with status ${status}, and did not say why.`, {
      status,
    });
  }
  const message = typeof detail === 'string' ? detail : typeof title === 'string' ? title : code;
  return new LedgerError(code, message, { status, facts });
}

function lostConnection({ origin }: URL, cause: unknown): LedgerError {
  return new LedgerError('gateway-unreachable', `No gateway answers at ${origin}: is it running, and is it there?`, {
    cause,
  });
}

/** Room for the largest page of records. */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;
