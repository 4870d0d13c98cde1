/** The OpenAPI document, made from the schemas that check the parameters, and a page to read it with. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { HTTP_TAGS } from '../api/http-routes.ts';
import { PAGE_POLICY } from './explorer-files.ts';
import type { GatewayApp } from './node-call.ts';
import { VERSION } from './service-routes.ts';

/** Before the routes: only those that are registered later are in the document. All files are served from here. */
export async function addDocumentation(app: GatewayApp, hasToken: boolean): Promise<void> {
  const security = hasToken
    ? {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } as const } },
        security: [{ token: [] }],
      }
    : {};
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cairn',
        version: VERSION,
        description: 'A decentralised, tamper-evident JSON ledger. Ledger JSON goes in raw and comes out raw.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [...HTTP_TAGS],
      ...security,
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The page styles itself from its script, and draws its icons from data addresses.
    staticCSP: `${PAGE_POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:`,
    theme: { title: 'Cairn: HTTP interface' },
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
  });
}
