/** A validation as a stream of server-sent events: how far it is, and in the end the verdict, or why there is none. */
import Type from 'typebox';
import { ValidationShape } from '../api/shapes.ts';
import type { JsonText } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { HEARTBEAT } from './event-stream.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { readAnswer } from './node-answer.ts';
import { PatientReader } from './patient-reader.ts';
import { problem, problemFrom } from './problem.ts';

/**
 * The stream's text in pieces; `client` is closed at its end, and the check ends with it. A slow reader is told of the
 * latest progress, and not of all.
 */
export async function* validationPieces(options: {
  readonly client: ProbeClient;
  /** The path of the request, for a problem. */
  readonly path: string;
  readonly limits: GatewayLimits;
  readonly signal: AbortSignal;
}): AsyncGenerator<string, void, undefined> {
  const { client, path, limits, signal } = options;
  try {
    const steps = new PatientReader(validate(client, signal));
    for (;;) {
      const next = await steps.take(limits.heartbeatMs);
      if (next?.done === true) return;
      yield next === undefined ? HEARTBEAT : next.value;
    }
  } catch (error) {
    if (signal.aborted) return;
    const told =
      problemFrom(error, limits) ?? problem('internal', 'The gateway could not read what the node answered.');
    yield eventText('problem', told.body(path));
  } finally {
    client.close();
  }
}

async function* validate(client: ProbeClient, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  let progress: JsonText | undefined;
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const onProgress = (text: JsonText) => {
    progress = text;
    changed.resolve();
  };
  const end = () => {
    isOver = true;
    changed.resolve();
  };
  const verdict = client.call('validate', undefined, { signal, timeoutMs: Infinity, onProgress });
  verdict.then(end, end);
  for (;;) {
    await changed.promise;
    changed = Promise.withResolvers();
    if (progress !== undefined) yield eventText('progress', readAnswer(ProgressShape, progress));
    progress = undefined;
    if (isOver) break;
  }
  yield eventText('verdict', readAnswer(ValidationShape, await verdict));
}

function eventText(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

const ProgressShape = Type.Object({ blocks: Type.Integer(), of: Type.Integer() });
