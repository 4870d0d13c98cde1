/** What the gateway says of itself: whether it lives, whether a node answers, its version, and its documentation. */
import packageFile from '../../package.json' with { type: 'json' };
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';

export const VERSION = packageFile.version;

export function addServiceRoutes(app: GatewayApp, parts: RouteParts): void {
  const { directory } = parts;

  app.route({ ...HTTP_ROUTES.liveness, handler: async (_request, reply) => reply.send({ alive: true }) });

  app.route({ ...HTTP_ROUTES.version, handler: async (_request, reply) => reply.send({ version: VERSION }) });

  app.route({
    ...HTTP_ROUTES.readiness,
    handler: async (_request, reply) => {
      const signal = whileAwaited(parts, reply);
      const nodes = await Promise.all(
        (await directory.list()).map(async ({ port }) => {
          const status = directory.ask(String(port), 'status', { signal });
          return {
            port,
            answers: await status.then(
              () => true,
              () => false,
            ),
          };
        }),
      );
      const ready = nodes.some(({ answers }) => answers);
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
