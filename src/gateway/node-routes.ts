/** The nodes themselves, their entries and their peers, under `/api/v1`. */
import type { FastifyRequest } from 'fastify';
import { Value } from 'typebox/value';
import { EVENT_STREAM_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { ConnectShape } from '../api/http-shapes.ts';
import { BlockShape } from '../api/shapes.ts';
import { jsonObject, jsonValue } from '../core/json-text.ts';
import { openEventStream, requestedCursor, sendEventStream } from './event-stream.ts';
import { memberText, readAnswer } from './node-answer.ts';
import { ask, command, type GatewayApp, type RouteParts, sendJson, whileAwaited } from './node-call.ts';
import { problem } from './problem.ts';
import { BODY_DEPTH_MAX, entriesBody, typedJsonBody } from './request-body.ts';
import { validationPieces } from './validation-stream.ts';

export function addNodeRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.nodes,
    handler: async (_request, reply) => reply.send({ nodes: await parts.directory.list() }),
  });

  app.route({
    ...HTTP_ROUTES.shutdown,
    handler: async (request, reply) => {
      await command(parts, reply, { port: request.params.port, method: 'shutdown' });
      return reply.code(204).send();
    },
  });

  app.route({
    ...HTTP_ROUTES.status,
    handler: async (request, reply) =>
      sendJson(reply, await ask(parts, reply, { port: request.params.port, method: 'status' })),
  });

  app.route({
    ...HTTP_ROUTES.validation,
    handler: async (request, reply) => {
      const { port } = request.params;
      if (!wantsEvents(request)) {
        return sendJson(reply, await command(parts, reply, { port, method: 'validate', mayTakeLong: true }));
      }
      parts.nodeCalls.take(reply);
      const signal = whileAwaited(parts, reply);
      const client = await parts.directory.open(port);
      const pieces = validationPieces({ client, path: request.url, limits: parts.limits, signal });
      return sendEventStream(reply, pieces, parts.limits);
    },
  });

  app.route({
    ...HTTP_ROUTES.mine,
    handler: async (request, reply) => {
      const { port } = request.params;
      const params = jsonObject({ data: typedJsonBody(request) });
      const block = memberText(
        await command(parts, reply, { port, method: 'mine', params, mayTakeLong: true }),
        'block',
      );
      const { hash } = readAnswer(BlockShape, block);
      reply.code(201).header('location', `${HTTP_ROUTES.mine.url.replace(':port', port)}/${hash}`);
      return sendJson(reply, block);
    },
  });

  addEntryRoutes(app, parts);
  addPeerRoutes(app, parts);
  addEventRoute(app, parts);
}

function addEntryRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.append,
    handler: async (request, reply) => {
      const isRepeated = request.query.repeat === true;
      const params = jsonObject({ entries: entriesBody(request), once: jsonValue(!isRepeated) });
      const call = { port: request.params.port, method: 'append', params, paramsDepthMax: BODY_DEPTH_MAX + 2 } as const;
      // What is recorded once can be sent again, so it goes over the connection that is kept, with any number of others.
      return sendJson(reply.code(202), await (isRepeated ? command : ask)(parts, reply, call));
    },
  });

  app.route({
    ...HTTP_ROUTES.entry,
    handler: async (request, reply) => {
      const { port, id } = request.params;
      return sendJson(reply, await ask(parts, reply, { port, method: 'entry', params: jsonValue({ id }) }));
    },
  });

  app.route({
    ...HTTP_ROUTES.pending,
    handler: async (request, reply) => {
      const { port } = request.params;
      const { limit, author } = request.query;
      const params = jsonValue({ limit, author });
      return sendJson(reply, await ask(parts, reply, { port, method: 'pending', params }));
    },
  });
}

function addPeerRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.peers,
    handler: async (request, reply) =>
      sendJson(reply, await ask(parts, reply, { port: request.params.port, method: 'peers' })),
  });

  app.route({
    ...HTTP_ROUTES.connect,
    handler: async (request, reply) => {
      const body: unknown = JSON.parse(typedJsonBody(request));
      if (!Value.Check(ConnectShape, body)) {
        throw problem('parameter-invalid', 'Send {"address": "<multiaddress>"} and nothing else.', {
          facts: { parameter: 'address' },
        });
      }
      const params = jsonValue({ address: body.address });
      const answer = await command(parts, reply, { port: request.params.port, method: 'connect', params });
      return sendJson(reply.code(202), answer);
    },
  });
}

function addEventRoute(app: GatewayApp, parts: RouteParts): void {
  const { directory, limits } = parts;

  app.route({
    ...HTTP_ROUTES.events,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const cursor = requestedCursor(request, request.query);
      parts.eventStreams.take(reply);
      const signal = whileAwaited(parts, reply);
      const { port } = request.params;
      const pieces = await openEventStream({
        client: await directory.client(port),
        ask: (method, params) => directory.ask(port, method, { params, signal }),
        cursor,
        limits,
        signal,
      });
      return sendEventStream(reply, pieces, limits);
    },
  });
}

/** Whether the client asks for server-sent events by name. */
function wantsEvents({ headers }: FastifyRequest): boolean {
  const types = (headers.accept ?? '').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  return types.includes(EVENT_STREAM_TYPE);
}
