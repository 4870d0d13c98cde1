/** Proofs, passed on from the node: the gateway vouches for none of them, and need not. */

import { BYTES_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { ChainProofShape } from '../api/proof-shapes.ts';
import { jsonValue } from '../core/json-text.ts';
import { isFresh } from './entity-tag.ts';
import { readAnswer } from './node-answer.ts';
import { ask, type GatewayApp, type RouteParts, sendJson } from './node-call.ts';

export function addProofRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.chainProof,
    handler: async (request, reply) => {
      const answer = await ask(parts, reply, { port: request.params.port, method: 'chain-proof' });
      const { tip, proof } = readAnswer(ChainProofShape, answer);
      return isFresh(request, reply, `"${tip}"`) ? reply : reply.type(BYTES_TYPE).send(Buffer.from(proof, 'hex'));
    },
  });

  app.route({
    ...HTTP_ROUTES.headerProof,
    handler: async (request, reply) => {
      const { port, block } = request.params;
      const place = block.length === HASH_LENGTH ? { hash: block } : { heights: [Number(block)] };
      const params = jsonValue({ ...place, ...request.query });
      return sendJson(reply, await ask(parts, reply, { port, method: 'header-proof', params }));
    },
  });

  app.route({
    ...HTTP_ROUTES.entryProof,
    handler: async (request, reply) => {
      const { port, id } = request.params;
      const params = jsonValue({ id, ...request.query });
      return sendJson(reply, await ask(parts, reply, { port, method: 'entry-proof', params }));
    },
  });

  app.route({
    ...HTTP_ROUTES.entryProofs,
    handler: async (request, reply) => {
      const { id, ...tip } = request.query;
      const params = jsonValue({ ids: id, ...tip });
      return sendJson(reply, await ask(parts, reply, { port: request.params.port, method: 'entry-proofs', params }));
    },
  });

  app.route({
    ...HTTP_ROUTES.receipt,
    handler: async (request, reply) => {
      const { port, id } = request.params;
      const text = await ask(parts, reply, { port, method: 'receipt', params: jsonValue({ id }) });
      // Browsers save it under this name; others need not mind.
      reply.header('content-disposition', `attachment; filename="${id.slice(0, 16)}.receipt.json"`);
      return sendJson(reply, text);
    },
  });
}

const HASH_LENGTH = 64;
