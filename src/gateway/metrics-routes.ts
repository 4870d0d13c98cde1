/** The figures of all nodes within reach, for a Prometheus that comes by (docs/spec/http.md#metrics). */
import { METRICS_TYPE } from '../api/http-answers.ts';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { NodeStatusShape } from '../api/shapes.ts';
import { ProbeError, RpcCallError } from '../probe/probe-client.ts';
import { metricsText } from './metrics-text.ts';
import { readAnswer } from './node-answer.ts';
import { type GatewayApp, type RouteParts, whileAwaited } from './node-call.ts';
import type { NodeDirectory } from './node-directory.ts';
import { type NodeReading, nodeMetrics } from './node-metrics.ts';
import { Problem } from './problem.ts';

export function addMetricsRoute(app: GatewayApp, parts: RouteParts): void {
  const { directory, limits } = parts;

  app.route({
    ...HTTP_ROUTES.metrics,
    handler: async (_request, reply) => {
      const signal = AbortSignal.any([whileAwaited(parts, reply), AbortSignal.timeout(limits.metricsTimeoutMs)]);
      const nodes = await directory.list();
      const readings = await Promise.all(nodes.map(({ port }) => readNode(directory, port, signal)));
      return reply
        .type(METRICS_TYPE)
        .header('cache-control', 'no-store')
        .send(metricsText(nodeMetrics(readings)));
    },
  });
}

/** One node that does not answer, or not in time, is a figure as well, and takes none from the others. */
async function readNode(directory: NodeDirectory, port: number, signal: AbortSignal): Promise<NodeReading> {
  try {
    const answer = await directory.ask(String(port), 'status', { signal });
    return { port, status: readAnswer(NodeStatusShape, answer) };
  } catch (error) {
    const isNoAnswer = error instanceof ProbeError || error instanceof RpcCallError || error instanceof Problem;
    if (!isNoAnswer && !signal.aborted) throw error;
    return { port, status: undefined };
  }
}
