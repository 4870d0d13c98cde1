/**
 * The OpenAPI document is held against a gateway with a real node behind: requests are drawn from the document, those that it
 * allows and those that it refuses, and each answer must be one that it tells of.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import Schema from 'typebox/schema';
import { createGateway, type Gateway } from '../src/gateway/gateway.ts';
import { fileLifetime } from './browser/lifetime.ts';
import { atEnd } from './support/lifetime.ts';
import { allowedBy, type JsonSchema, refusedBy } from './support/schema-arbitrary.ts';
import { makeHome, TestNode } from './support/test-node.ts';

interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  /** Of a stream, its beginning. */
  readonly body: Buffer;
}

const SEED = 20261122;
const REQUESTS = 24;

describe('the OpenAPI document', () => {
  let gateway: Gateway;
  let base = '';
  const lifetime = fileLifetime();
  /** Values that are there, by the name of the parameter. */
  const known = new Map<string, string[]>();
  let startNode: () => Promise<TestNode>;

  before(async () => {
    const home = await makeHome(lifetime);
    let nodes = 0;
    startNode = () =>
      TestNode.start(lifetime, {
        home,
        name: `node-${nodes++}`,
        listen: ['/ip4/127.0.0.1/tcp/0/ws'],
        indexes: ['/sensor'],
      });
    const node = await startNode();
    const hashes: string[] = [];
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { hash } = await node.mine(`[{"sensor":"s-${i}","value":${i}},{"note":"one more"}]`);
      hashes.push(hash);
      const view = Object(await node.call('block', { hash }));
      ids.push(...view.entry_ids);
    }
    const { entries } = Object(await node.call('append', { entries: [{ waits: true }] }));
    known.set('port', [String(node.node.port)]);
    known.set('id', [...ids, entries[0].id]);
    known.set('block', ['0', '1', '4', ...hashes]);
    known.set('tip', [String(hashes.at(-1))]);
    known.set('text', ['sensor', 'note']);
    known.set('where', ['/sensor=s-1', '/value>=2']);
    known.set('author', ['did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw']);
    known.set('address', ['/ip4/127.0.0.1/tcp/9']);
    gateway = await createGateway({ home, host: '127.0.0.1', port: 0 });
    atEnd(lifetime, () => gateway.close());
    await gateway.listen();
    base = `http://127.0.0.1:${gateway.port}`;
  });

  const document = async (): Promise<Document> => JSON.parse(await (await fetch(`${base}/openapi.json`)).text());

  /** Sends what was drawn. Streams go on for ever: of these the first piece is enough. */
  async function send(path: string, method: string, drawn: Drawn): Promise<Answer> {
    const gone = new AbortController();
    const response = await fetch(`${base}${drawnUrl(path, drawn)}`, {
      method: method.toUpperCase(),
      signal: gone.signal,
      ...(drawn.body === undefined ? {} : { body: drawn.body.text, headers: { 'content-type': drawn.body.type } }),
    });
    const type = response.headers.get('content-type') ?? '';
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      if (type.startsWith('text/event-stream')) break;
    }
    gone.abort();
    return { status: response.status, type, body: Buffer.concat(chunks) };
  }

  it('tells of every answer to a request that it allows, and each route gives the answer it is for', async () => {
    for (const { path, method, operation } of operations(await document())) {
      const seen = new Set<number>();
      const request = drawnFrom(operation, known);
      for (const drawn of fc.sample(request, {
        seed: SEED,
        numRuns: LAST_WORDS.has(operation.operationId) ? 1 : REQUESTS,
      })) {
        if (LAST_WORDS.has(operation.operationId))
          drawn.parameters.set('port', [String((await startNode()).node.port)]);
        const answer = await send(path, method, drawn);
        const what = `${method} ${drawnUrl(path, drawn)} ${drawn.body?.text ?? ''}: ${answer.status} ${answer.body.subarray(0, 300)}`;
        assert(answer.status < 500 || answer.status === 503, what);
        assertTold(operation, answer, what);
        seen.add(answer.status);
        learn(known, operation, answer);
      }
      const success = Object.keys(operation.responses)
        .filter((status) => /^2/.test(status))
        .map(Number);
      assert(
        success.length === 0 || success.some((status) => seen.has(status)),
        `${method} ${path} never did: ${[...seen]}`,
      );
    }
  });

  it('refuses what it says that it refuses, with a problem that names the parameter', async () => {
    let count = 0;
    for (const { path, method, operation } of operations(await document())) {
      for (const parameter of operation.parameters ?? []) {
        const wrong = refusedBy(parameter.schema);
        if (wrong === undefined || parameter.name === 'port') continue;
        const request = fc.tuple(drawnFrom(operation, known), wrong);
        for (const [drawn, value] of fc.sample(request, { seed: SEED, numRuns: 6 })) {
          drawn.parameters.set(parameter.name, [value]);
          const answer = await send(path, method, drawn);
          const what = `${method} ${drawnUrl(path, drawn)}: ${answer.status} ${answer.body}`;
          assert.equal(answer.status, 400, what);
          assertTold(operation, answer, what);
          assert(JSON.parse(String(answer.body)).detail.includes(parameter.name), what);
          count++;
        }
      }
    }
    assert(count > 60, `${count} requests`);
  });
});

/** What a request is made of. */
interface Drawn {
  /** Several values, where the document takes a list. */
  readonly parameters: Map<string, readonly string[]>;
  readonly inQuery: ReadonlySet<string>;
  readonly body: { readonly type: string; readonly text: string } | undefined;
}

function drawnUrl(path: string, { parameters, inQuery }: Drawn): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters.get(name)?.[0] ?? ''));
  const query = new URLSearchParams(
    [...parameters].flatMap(([name, values]) =>
      inQuery.has(name) ? values.map((value): [string, string] => [name, value]) : [],
    ),
  );
  return query.size === 0 ? filled : `${filled}?${query}`;
}

/** Requests that the document allows. Half of the values are such as are there: else nothing would ever be found. */
function drawnFrom(operation: Operation, known: ReadonlyMap<string, readonly string[]>): fc.Arbitrary<Drawn> {
  const parameters = operation.parameters ?? [];
  const values = parameters.map(({ name, in: place, required, schema }) => {
    const there = known.get(name) ?? known.get(`${operation.operationId} ${name}`) ?? [];
    const one = schema.type === 'array' ? (schema.items ?? {}) : schema;
    const any = allowedBy(one).map(asText);
    const oneValue =
      there.length === 0
        ? any
        : fc.oneof(
            { weight: 3, arbitrary: fc.constantFrom(...there) },
            { weight: name === 'port' ? 0 : 1, arbitrary: any },
          );
    const value = fc.array(oneValue, { minLength: 1, maxLength: schema.type === 'array' ? 2 : 1 });
    if (place === 'path' || required === true) return value;
    // Seldom: of many together hardly any request would be answered.
    return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  });
  const contents = Object.entries(operation.requestBody?.content ?? {});
  const body =
    contents.length === 0
      ? fc.constant(undefined)
      : fc.oneof(
          ...contents.map(([type, { schema }]) =>
            bodyOf(schema, known).map((value) => ({ type, text: JSON.stringify(value) })),
          ),
        );
  return fc.tuple(fc.tuple(...values), body).map(([drawn, content]) => ({
    parameters: new Map(
      parameters.flatMap(({ name }, i): [string, readonly string[]][] =>
        drawn[i] === undefined ? [] : [[name, drawn[i]]],
      ),
    ),
    inQuery: new Set(parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)),
    body: content,
  }));
}

/** Of an object with members that are known, every other one has these. */
function bodyOf(schema: JsonSchema, known: ReadonlyMap<string, readonly string[]>): fc.Arbitrary<unknown> {
  const any = allowedBy(schema);
  const there = Object.keys(schema.properties ?? {}).flatMap((name): [string, fc.Arbitrary<string>][] => {
    const values = known.get(name);
    return values === undefined ? [] : [[name, fc.constantFrom(...values)]];
  });
  return there.length === 0 ? any : fc.oneof(any, fc.record(Object.fromEntries(there)));
}

function* operations(document: Document): Generator<{ path: string; method: string; operation: Operation }> {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) yield { path, method, operation };
  }
}

/** The document has this status, with this type, and a schema that allows the body. */
function assertTold({ responses }: Operation, { status, type, body }: Answer, what: string): void {
  const told = responses[status] ?? (status >= 400 ? responses['default'] : undefined);
  assert(told !== undefined, `the document has no such status: ${what}`);
  const contents = Object.entries(told.content ?? {});
  if (contents.length === 0) {
    assert.equal(body.length, 0, what);
    return;
  }
  const content = contents.find(([name]) => type === name || type.startsWith(`${name};`));
  assert(content !== undefined, `the document has no such type, ${type}: ${what}`);
  const [name, { schema }] = content;
  if (!/\bjson$/.test(name)) return;
  const [isAllowed, errors] = Schema.Errors(schema, JSON.parse(String(body)));
  assert(isAllowed, `${JSON.stringify(errors.slice(0, 3))}: ${what}`);
}

/** What an answer has that later requests can ask with. */
function learn(known: Map<string, string[]>, { operationId }: Operation, { type, body }: Answer): void {
  const add = (name: string, value: string) =>
    known.set(name, [...new Set([...(known.get(name) ?? []), value])].slice(-8));
  if (type.startsWith('text/event-stream')) {
    const id = /^id: (.+)$/m.exec(String(body))?.[1];
    if (id !== undefined) add(`${operationId} after`, id);
  } else if (type.startsWith('application/json')) {
    const { next } = Object(JSON.parse(String(body)));
    if (typeof next === 'string') add(`${operationId} cursor`, next);
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** They stop the node. */
const LAST_WORDS: ReadonlySet<string> = new Set(['seedShutdown', 'shutdownNode']);
