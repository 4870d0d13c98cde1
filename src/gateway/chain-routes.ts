/** What there is to know of a node's chain beside its blocks: its forks and the parameters of its network. */
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { ask, type GatewayApp, type RouteParts, sendJson } from './node-call.ts';

export function addChainRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.forks,
    handler: async (request, reply) =>
      sendJson(reply, await ask(parts, reply, { port: request.params.port, method: 'forks' })),
  });

  app.route({
    ...HTTP_ROUTES.params,
    handler: async (request, reply) =>
      sendJson(reply, await ask(parts, reply, { port: request.params.port, method: 'params' })),
  });
}
