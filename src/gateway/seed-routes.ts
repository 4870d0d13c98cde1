/** The four routes of the founding specification, word for word. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { JSON_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { ValidationShape } from '../api/shapes.ts';
import { jsonObject } from '../core/json-text.ts';
import { type ByteStream, discardStream } from '../probe/byte-stream.ts';
import { memberText, readAnswer } from './node-answer.ts';
import { command, type GatewayApp, type RouteParts, sendJson, whileAwaited } from './node-call.ts';
import { jsonBody } from './request-body.ts';

export function addSeedRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.seedMine,
    // The body is JSON whatever it is called, so a name that is not even a media type is no reason to refuse it.
    onRequest: async (request) => {
      delete request.headers['content-type'];
    },
    handler: async (request, reply) => {
      const params = jsonObject({ data: jsonBody(request) });
      const answer = await command(parts, reply, {
        port: request.params.port,
        method: 'mine',
        params,
        mayTakeLong: true,
      });
      return sendJson(reply, memberText(answer, 'block'));
    },
  });

  app.route({
    ...HTTP_ROUTES.seedChain,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const stream = await openChain(parts, reply, request.params.port);
      const body = Readable.from(stream.chunks, { objectMode: false });
      return reply.type(JSON_TYPE).header('content-length', stream.sizeBytes).send(body);
    },
  });

  app.route({
    ...HTTP_ROUTES.seedChain,
    method: 'HEAD',
    schema: { ...HTTP_ROUTES.seedChain.schema, hide: true },
    handler: async (request, reply) => {
      const stream = await openChain(parts, reply, request.params.port);
      await discardStream(stream);
      return reply.type(JSON_TYPE).header('content-length', stream.sizeBytes).send();
    },
  });

  app.route({
    ...HTTP_ROUTES.seedValidate,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const answer = await command(parts, reply, { port: request.params.port, method: 'validate', mayTakeLong: true });
      const { valid } = readAnswer(ValidationShape, answer);
      return reply.type(JSON_TYPE).send(valid ? VALID : NOT_VALID);
    },
  });

  app.route({
    ...HTTP_ROUTES.seedShutdown,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      await command(parts, reply, { port: request.params.port, method: 'shutdown' });
      return reply.type(JSON_TYPE).send(SHUT_DOWN);
    },
  });
}

/** The whole chain, as slowly as the other side of `reply` reads it. */
async function openChain(parts: RouteParts, reply: FastifyReply, port: string): Promise<ByteStream> {
  parts.nodeCalls.take(reply);
  const signal = whileAwaited(parts, reply);
  const client = await parts.directory.client(port);
  return client.stream('chain', undefined, { signal, timeoutMs: parts.limits.answerTimeoutMs });
}

// As the original writes them: with a space.
const VALID = '{"message": "is valid."}';
const NOT_VALID = '{"message": "not valid."}';
const SHUT_DOWN = '{"message": "server is shutdown"}';
