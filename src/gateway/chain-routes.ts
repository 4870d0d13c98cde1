/** What there is to know of a node's chain beside its blocks: forks, the parameters of the network, entries by their text. */

import { HTTP_ROUTES } from '../api/http-routes.ts';
import { jsonValue } from '../core/json-text.ts';
import { ask, command, type GatewayApp, type RouteParts, sendJson } from './node-call.ts';

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

  app.route({
    ...HTTP_ROUTES.search,
    handler: async (request, reply) => {
      const { port } = request.params;
      // On a connection of its own, so that the node stops when nobody waits any more.
      const params = jsonValue({ ...request.query });
      return sendJson(reply, await command(parts, reply, { port, method: 'search', params }));
    },
  });
}
