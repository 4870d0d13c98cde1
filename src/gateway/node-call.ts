/** What the routes are given, and how a route puts a question or an order to its node. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify';
import type { RpcMethod } from '../api/rpc.ts';
import type { JsonText } from '../core/json-text.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import type { NodeDirectory } from './node-directory.ts';
import type { Places } from './places.ts';
import type { RequestMeter } from './request-meter.ts';

/** The server as the routes see it: parameters have the types of their schemas. */
export type GatewayApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface RouteParts {
  readonly directory: NodeDirectory;
  readonly limits: GatewayLimits;
  readonly requests: RequestMeter;
  readonly eventStreams: Places;
  readonly peerDoors: Places;
  readonly nodeCalls: Places;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
}

interface NodeCall {
  readonly port: string;
  readonly method: RpcMethod;
  readonly params?: JsonText;
  /** How many levels `params` nest at most, where that is known: otherwise they are looked through for it. */
  readonly paramsDepthMax?: number;
}

/** An order, or a question whose answer is work. */
interface NodeCommand extends NodeCall {
  /** Mining and validating take as long as they take. */
  readonly mayTakeLong?: boolean;
}

/** A question that changes nothing, put while somebody waits for `reply`. */
export function ask(parts: RouteParts, reply: FastifyReply, { port, method, ...options }: NodeCall): Promise<JsonText> {
  return parts.directory.ask(port, method, { ...options, signal: whileAwaited(parts, reply) });
}

/** Has a connection of its own, which is closed when nobody waits for `reply` any more. */
export async function command(
  parts: RouteParts,
  reply: FastifyReply,
  { port, method, params, mayTakeLong = false, ...options }: NodeCommand,
): Promise<JsonText> {
  parts.nodeCalls.take(reply);
  const signal = whileAwaited(parts, reply);
  const timeoutMs = mayTakeLong ? Infinity : parts.limits.answerTimeoutMs;
  const client = await parts.directory.open(port);
  try {
    return await client.call(method, params, { ...options, signal, timeoutMs });
  } finally {
    client.close();
  }
}

/** Aborted when the other side of `reply` has gone, and when the gateway stops. */
export function whileAwaited({ stopping }: RouteParts, reply: FastifyReply): AbortSignal {
  const given = new AbortController();
  const stop = () => given.abort(stopping.reason);
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop);
  reply.raw.once('close', () => {
    stopping.removeEventListener('abort', stop);
    given.abort(NOBODY_WAITS);
  });
  return given.signal;
}

/** Sends ledger JSON as the text that it is. */
export function sendJson(reply: FastifyReply, text: JsonText): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text);
}

/** One for all: every request ends with it, and to make one takes as long as to look a route up. */
const NOBODY_WAITS = new DOMException('nobody waits for the answer any more', 'AbortError');
