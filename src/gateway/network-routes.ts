/** All nodes within reach at once: how they are, and what happens at them. */
import { HTTP_ROUTES } from '../api/http-routes.ts';
import type { Overview } from '../api/http-shapes.ts';
import { sendEventStream } from './event-stream.ts';
import { networkEventPieces } from './network-stream.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';
import { readNodes } from './node-readings.ts';

export function addNetworkRoutes(app: GatewayApp, parts: RouteParts): void {
  const { directory, limits } = parts;

  app.route({
    ...HTTP_ROUTES.overview,
    handler: async (_request, reply) => {
      const signal = AbortSignal.any([whileAwaited(parts, reply), AbortSignal.timeout(limits.overviewTimeoutMs)]);
      const readings = await readNodes(directory, signal);
      const overview: Overview = {
        nodes: readings.map(({ port, source, status }) => ({ port, source, status: status ?? null })),
      };
      return reply.header('cache-control', 'no-store').send(overview);
    },
  });

  app.route({
    ...HTTP_ROUTES.networkEvents,
    exposeHeadRoute: false,
    handler: async (_request, reply) => {
      parts.eventStreams.take(reply);
      const pieces = networkEventPieces({ directory, limits, signal: whileAwaited(parts, reply) });
      return sendEventStream(reply, pieces, limits);
    },
  });
}
