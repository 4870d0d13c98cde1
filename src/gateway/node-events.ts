/** A subscription to what happens at one node. */
import Type from 'typebox';
import { type LedgerEvent, LedgerEventShape } from '../api/shapes.ts';
import type { JsonText } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { readAnswer } from './node-answer.ts';
import { PatientReader } from './patient-reader.ts';

/**
 * What `client` tells from now on: resolves once the node has confirmed, so that a question that is put afterwards and
 * what is told leave no gap between them. Ends when the node goes away, and when `signal` is aborted.
 */
export async function subscribe(client: ProbeClient, signal: AbortSignal): Promise<PatientReader<LedgerEvent>> {
  const { promise: subscribed, resolve: onSubscribed } = Promise.withResolvers<void>();
  const reader = new PatientReader(readEvents(client.events({ signal, onSubscribed })));
  await Promise.race([subscribed, reader.peek()]);
  return reader;
}

async function* readEvents(told: AsyncIterable<JsonText>): AsyncGenerator<LedgerEvent, void, undefined> {
  for await (const params of told) yield readAnswer(EventParamsShape, params).event;
}

const EventParamsShape = Type.Object({ event: LedgerEventShape });
