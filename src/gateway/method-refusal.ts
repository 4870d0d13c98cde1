/** What is said about a method that a path does not take: 405 with `Allow`, and 204 with `Allow` to `OPTIONS`. */
import type { GatewayApp } from './node-call.ts';
import { problem } from './problem.ts';

/** The methods of every path that is registered on `app` from now on. */
export function watchMethods(app: GatewayApp): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', (route) => {
    const known = methods.get(route.url) ?? new Set();
    for (const method of [route.method].flat()) known.add(method);
    methods.set(route.url, known);
  });
  return methods;
}

/** Answers all other methods on the paths of `methods`. Before the body is read. */
export function refuseOtherMethods(app: GatewayApp, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  // A copy: what is registered here is watched too.
  for (const [url, known] of [...methods]) {
    const allow = [...known, 'OPTIONS'].sort().join(', ');
    app.route({
      method: app.supportedMethods.filter((method) => !known.has(method)),
      url,
      exposeHeadRoute: false,
      schema: { hide: true },
      onRequest: async (request, reply) => {
        if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
        throw problem('method-not-allowed', `Use ${allow.replaceAll(', ', ' or ')}.`, {
          facts: { method: request.method },
          headers: { allow },
        });
      },
      handler: async () => {
        throw problem('method-not-allowed', 'The hook before has answered already.');
      },
    });
  }
}
