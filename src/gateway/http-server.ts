/**
 * The HTTP server without its routes: limits on what comes in, bodies left as bytes, and every error told as a problem.
 */
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify';
import { answerBrokenRequest } from './broken-request.ts';
import { PAGE_POLICY } from './explorer-files.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import type { GatewayApp } from './node-call.ts';
import { checkParameters } from './parameter-check.ts';
import { PROBLEM_HEADERS, Problem, problem, problemFrom } from './problem.ts';
import { isLoopback } from './protection.ts';
import { isOurUpgrade } from './upgrades.ts';

/** A server with the gateway's limits, that leaves bodies as bytes and tells every error as a problem. */
export function createHttpServer(
  limits: GatewayLimits,
  stopping: AbortSignal,
  logger: FastifyBaseLogger | undefined,
): GatewayApp {
  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const isOurStop = stopping.aborted && !(error instanceof Problem);
    const expected = isOurStop
      ? problem('gateway-stopping', 'Start the gateway again, then repeat the request.')
      : problemFrom(error, limits);
    // Whoever has gone away made what was done for them fail.
    if (expected === undefined && !reply.raw.destroyed) request.log.error(error);
    const answer = expected ?? problem('internal', 'The log of the gateway says why.');
    return reply
      .code(answer.status)
      .headers({ ...answer.headers, ...PROBLEM_HEADERS })
      .send(answer.body(request.url));
  }

  const app = fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headerTimeoutMs,
      // How often Node looks for requests that are late: by itself only every 30 seconds.
      connectionsCheckingInterval: Math.min(1_000, limits.headerTimeoutMs),
      // Missing, it is refused like a foreign one: with a problem, which Node by itself does not send.
      requireHostHeader: false,
      shouldUpgradeCallback: isOurUpgrade,
    },
    forceCloseConnections: 'idle',
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerError,
    exposeHeadRoutes: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = limits.socketsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setValidatorCompiler(checkParameters);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(() => {
    throw problem('route-unknown', 'The routes are listed at /docs.');
  });
  app.addHook('onSend', async ({ headers }, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    // What a node says holds for a moment; what holds for longer says so itself.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
    const type = reply.getHeader('content-type');
    if (typeof type !== 'string' || !type.startsWith('text/html')) return;
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', PAGE_POLICY);
    reply.header('referrer-policy', 'same-origin');
    // Browsers say where a request comes from only to an address that they take for secure, and elsewhere complain of this.
    if (headers['sec-fetch-site'] !== undefined) reply.header('cross-origin-opener-policy', 'same-origin');
  });
  return app;
}

/** Counts requests by address. Hooked on by hand, so that paths that lead nowhere count too. */
export async function addRateLimit(app: GatewayApp, limits: GatewayLimits): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    enableDraftSpec: true,
    timeWindow: limits.rateWindowMs,
    max: ({ ip }) => (isLoopback(ip) ? limits.rateBurstLoopback : limits.rateBurst),
    errorResponseBuilder: (_request, { max, ttl }) =>
      problem('rate-limited', 'Wait as long as `Retry-After` says, and send many entries in one request.', {
        facts: { limit: max, window_ms: limits.rateWindowMs, retry_after_ms: ttl },
      }),
  });
  app.addHook('onRequest', app.rateLimit());
}
