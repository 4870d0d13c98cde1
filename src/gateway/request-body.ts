/**
 * Bodies: bytes of a request that stay the text they are. What is read here is only whether they are JSON, because text
 * that is not could reach beyond its place in the question that it is put into.
 */
import type { FastifyRequest } from 'fastify';
import { JSON_TYPE, NDJSON_TYPE } from '../api/http-answers.ts';
import { assertPresent } from '../core/assert.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { isWellFormedJson, type JsonText, jsonArray, readElements } from '../core/json-text.ts';
import { spaceEnd } from '../core/json-tokens.ts';
import { bodyProblem, problem } from './problem.ts';

/** How many levels a body may nest: more than a ledger takes, so that a node says what its limit is, and less than a message to a node may. */
export const BODY_DEPTH_MAX = 48;

/** The body as one JSON value, whatever `Content-Type` says: the seed's route takes any. */
export function jsonBody(request: FastifyRequest): JsonText {
  return parseJson(bodyText(request));
}

/** The body as one JSON value; refused when it says that it is something else. */
export function typedJsonBody(request: FastifyRequest): JsonText {
  requireType(request, [JSON_TYPE]);
  return jsonBody(request);
}

/**
 * The entries in the body, as a JSON array: the elements of an array, each line of newline-delimited JSON, or else the
 * one value that it is.
 */
export function entriesBody(request: FastifyRequest): JsonText {
  if (requireType(request, [JSON_TYPE, NDJSON_TYPE]) === NDJSON_TYPE) return jsonArray(parseLines(bodyText(request)));
  const text = parseJson(bodyText(request));
  return text[spaceEnd(text, 0)] === '[' ? text : jsonArray([text]);
}

function bodyText(request: FastifyRequest): string {
  const body: unknown = request.body;
  if (!(body instanceof Uint8Array) || body.length === 0) {
    throw problem('body-missing', 'Send JSON as the body of the request.');
  }
  try {
    return UTF8.decode(body);
  } catch {
    const fault = { code: 'utf8-invalid' } as const;
    throw bodyProblem(fault, describeJsonFault(fault));
  }
}

function parseJson(text: string, facts: Readonly<Record<string, unknown>> = {}): JsonText {
  if (isWellFormedJson(text, { depthMax: BODY_DEPTH_MAX })) return text;
  const elements = readElements(text, { depthMax: BODY_DEPTH_MAX });
  const fault = assertPresent(elements.ok ? undefined : elements.fault, 'what is not well formed is no array');
  throw bodyProblem(fault, describeJsonFault(fault), facts);
}

/** Each line that is not blank, as one JSON value. */
function parseLines(text: string): JsonText[] {
  const values: JsonText[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() !== '') values.push(parseJson(line, { line: index + 1 }));
  }
  return values;
}

/**
 * The media type of the body, the first of `types` where the request names none. A form is what curl says of any body
 * that it is given without a type, so that counts as none; pages of other origins are kept out by other means.
 */
function requireType(request: FastifyRequest, types: readonly [string, ...string[]]): string {
  const header = request.headers['content-type'];
  if (header === undefined) return types[0];
  const type = header.split(';', 1).join('').trim().toLowerCase();
  if (type === CURL_DEFAULT_TYPE) return types[0];
  if (types.includes(type)) return type;
  throw problem(
    'media-type-unsupported',
    `Send this as ${types.join(' or ')}; with curl, -H 'content-type: ${types[0]}'.`,
    {
      facts: { media_type: type, accepted: types },
      headers: { 'accept-post': types.join(', ') },
    },
  );
}

const CURL_DEFAULT_TYPE = 'application/x-www-form-urlencoded';
const UTF8 = new TextDecoder('utf-8', { fatal: true });
