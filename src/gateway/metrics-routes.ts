/** The figures of the gateway and of all nodes within reach, for a Prometheus that comes by (docs/spec/http.md#metrics). */
import { METRICS_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { metricsText } from './metrics-text.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';
import { nodeMetrics } from './node-metrics.ts';
import { readNodes } from './node-readings.ts';

export function addMetricsRoute(app: GatewayApp, parts: RouteParts): void {
  const { directory, limits } = parts;

  app.route({
    ...HTTP_ROUTES.metrics,
    handler: async (_request, reply) => {
      const signal = AbortSignal.any([whileAwaited(parts, reply), AbortSignal.timeout(limits.metricsTimeoutMs)]);
      const readings = await readNodes(directory, signal);
      return reply
        .type(METRICS_TYPE)
        .header('cache-control', 'no-store')
        .send(metricsText([...nodeMetrics(readings), ...gatewayMetrics(parts)]));
    },
  });
}
