/**
 * Problems: how every HTTP error is told (RFC 9457, docs/spec/errors.md).
 *
 * A problem's `code` is stable, and its `type` is `/problems/<code>`. What a node refuses comes with the node's own code
 * and facts; the codes here are the gateway's.
 */
import Type, { type Static } from 'typebox';

export const PROBLEM_TYPE = 'application/problem+json';

/** The body of every error. Facts stand beside these members under their own names. */
export const ProblemShape = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', description: 'Stable: `/problems/` and the code.' }),
    title: Type.String({ description: 'The same for every problem of one code.' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'What was wrong here, and what to do.' }),
    instance: Type.String({ description: 'The path that was asked for.' }),
    code: Type.String({ description: 'Stable; for programs.' }),
  },
  { additionalProperties: true },
);
export type ProblemBody = Static<typeof ProblemShape> & Readonly<Record<string, unknown>>;

/** The gateway's own problems: each with its status and title. */
export const PROBLEMS = {
  'request-malformed': { status: 400, title: 'This is not a well-formed HTTP request' },
  'parameter-invalid': { status: 400, title: 'A parameter is not what the route takes' },
  'cursor-invalid': { status: 400, title: 'This is not a cursor of this route' },
  'body-missing': { status: 400, title: 'The request has no body' },
  'body-incomplete': { status: 400, title: 'The body ended before its announced size' },
  'token-missing': { status: 401, title: 'This route needs a token' },
  'token-wrong': { status: 401, title: 'The token is not the one of this gateway' },
  'host-refused': { status: 403, title: 'The request names a host that this gateway is not' },
  'origin-refused': { status: 403, title: 'Pages of another origin may not use this gateway' },
  'cross-site-refused': { status: 403, title: 'Pages of another site may not use this gateway' },
  'route-unknown': { status: 404, title: 'There is nothing at this path' },
  'node-unknown': { status: 404, title: 'No such node is running' },
  'method-not-allowed': { status: 405, title: 'The path does not take this method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'cursor-stale': { status: 410, title: 'The chain no longer holds what the cursor names' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type-unsupported': { status: 415, title: 'The route does not read this media type' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'upgrade-required': { status: 426, title: 'The path is for WebSockets' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The gateway failed' },
  'records-off': { status: 501, title: 'The node keeps no table of records' },
  'node-closed': { status: 502, title: 'The node closed the connection' },
  'probe-protocol': { status: 502, title: 'The node answered something that cannot be read' },
  'node-failed': { status: 502, title: 'The node failed' },
  'node-unreachable': { status: 503, title: 'The node does not answer' },
  'peer-door-closed': { status: 503, title: 'The node takes no browser for a peer' },
  'gateway-full': { status: 503, title: 'The gateway cannot hold more connections to nodes' },
  'gateway-stopping': { status: 503, title: 'The gateway is stopping' },
  'probe-timeout': { status: 504, title: 'The node did not answer in time' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
