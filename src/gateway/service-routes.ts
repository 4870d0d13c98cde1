/** What the gateway says of itself: whether it lives, whether a node answers, its version, and its documentation. */
import packageFile from '../../package.json' with { type: 'json' };
import { HTTP_ROUTES } from '../api/http-routes.ts';
import type { Readiness } from '../api/http-shapes.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';
import { type NodeReading, readNodes } from './node-readings.ts';

export const VERSION = packageFile.version;

export function addServiceRoutes(app: GatewayApp, parts: RouteParts): void {
  const { directory, limits } = parts;

  app.route({ ...HTTP_ROUTES.liveness, handler: async (_request, reply) => reply.send({ alive: true }) });

  app.route({ ...HTTP_ROUTES.version, handler: async (_request, reply) => reply.send({ version: VERSION }) });

  app.route({
    ...HTTP_ROUTES.readiness,
    handler: async (_request, reply) => {
      const signal = AbortSignal.any([whileAwaited(parts, reply), AbortSignal.timeout(limits.overviewTimeoutMs)]);
      const nodes = (await readNodes(directory, signal)).map((reading) => nodeReadiness(reading, limits));
      const ready = nodes.some(({ state }) => state === 'ready');
      return reply.code(ready ? 200 : 503).send({ ready, nodes });
    },
  });

  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    handler: async (_request, reply) => reply.send(app.swagger()),
  });
}

/** A node at rest is a block behind for a moment whenever one is found: that is not syncing. */
function nodeReadiness({ port, status }: NodeReading, limits: GatewayLimits): Readiness['nodes'][number] {
  if (status === undefined) return { port, state: 'unreachable', behind: null };
  const { behind, headers_checked: headersChecked } = status.sync;
  const ahead = Math.max(behind, headersChecked - status.tip.height);
  return { port, state: ahead > limits.readyBehindMax ? 'syncing' : 'ready', behind };
}
