/** The two routes that stream the records of a node: as server-sent events, and over a WebSocket. */
import { HTTP_ROUTES } from '../api/http-routes.ts';
import type { FilterTexts } from '../api/record-filter-text.ts';
import { sendEventStream } from './event-stream.ts';
import { requestedFilter } from './filter-query.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';
import { recordEventPieces } from './record-events.ts';
import { openRecordFeed, type RecordFeed } from './record-feed.ts';
import { carryRecords } from './record-socket.ts';
import type { Upgrades } from './upgrades.ts';

/** What a request says of the stream that it wants. */
interface StreamRequest {
  readonly params: { readonly port: string };
  readonly query: FilterTexts & { readonly after?: string };
}

export function addStreamRoutes(app: GatewayApp, parts: RouteParts, upgrades: Upgrades): void {
  const { directory, limits, stopping } = parts;

  /** A feed over a connection of its own, which is closed when `signal` is aborted. */
  async function openFeed({ params, query }: StreamRequest, signal: AbortSignal, lastId = ''): Promise<RecordFeed> {
    const filter = requestedFilter(query);
    const client = await directory.open(params.port);
    signal.addEventListener('abort', () => client.close(), { once: true });
    try {
      signal.throwIfAborted();
      return await openRecordFeed({ client, after: lastId === '' ? query.after : lastId, filter, limits, signal });
    } catch (error) {
      client.close();
      throw error;
    }
  }

  app.route({
    ...HTTP_ROUTES.recordStream,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      parts.eventStreams.take(reply);
      const signal = whileAwaited(parts, reply);
      const lastId = request.headers['last-event-id'];
      const feed = await openFeed(request, signal, typeof lastId === 'string' ? lastId : undefined);
      return sendEventStream(reply, recordEventPieces(feed, { signal, limits }), limits);
    },
  });

  app.route({
    ...HTTP_ROUTES.recordSocket,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const socket = upgrades.socketOf(request);
      parts.eventStreams.take({ raw: socket });
      const gone = new AbortController();
      socket.once('close', () => gone.abort());
      const feed = await openFeed(request, AbortSignal.any([gone.signal, stopping]));
      upgrades.takeOver(request, reply);
      carryRecords({ message: request.raw, feed, limits, stopping }).catch((error: unknown) => app.log.error(error));
    },
  });
}
