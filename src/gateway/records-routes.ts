/** Records, asked for by what is in them. */
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { jsonObject, jsonValue } from '../core/json-text.ts';
import { requestedFilter } from './filter-query.ts';
import { memberText } from './node-answer.ts';
import { ask, type GatewayApp, type RouteParts, sendJson } from './node-call.ts';

export function addRecordsRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.records,
    handler: async (request, reply) => {
      const { port } = request.params;
      const { order, limit, cursor, where = [], ...filter } = request.query;
      const params = jsonObject({
        filter: requestedFilter(request.query),
        order: order === undefined ? undefined : jsonValue(order),
        limit: limit === undefined ? undefined : jsonValue(limit),
        cursor: cursor === undefined ? undefined : jsonValue(cursor),
      });
      const page = await ask(parts, reply, { port, method: 'records', params });
      const next: unknown = JSON.parse(memberText(page, 'next'));
      if (typeof next === 'string') {
        const query = new URLSearchParams({ ...filter, ...(order === undefined ? {} : { order }) });
        for (const condition of where) query.append('where', condition);
        if (limit !== undefined) query.set('limit', String(limit));
        query.set('cursor', next);
        reply.header('link', `<${HTTP_ROUTES.records.url.replace(':port', port)}?${query}>; rel="next"`);
      }
      return sendJson(reply, page);
    },
  });
}
