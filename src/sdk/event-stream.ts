/** Server-sent events from the answer to a `fetch`, at the pace at which they are taken (WHATWG HTML §9.2). */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { bodyParts } from './http-client.ts';
import { unreadable } from './ledger-error.ts';

/**
 * The events of an answer, those together that have come together. Ends, without an error, where the connection does, however that came
 * about: streams are there to be taken up again. Nothing is read ahead of whoever takes the events but what one read gives.
 */
export async function* readEvents(response: Response): AsyncGenerator<readonly EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: EVENT_BYTES_MAX,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded')
        throw unreadable(`an event is over ${EVENT_BYTES_MAX} bytes`, error);
    },
  });
  const decoder = new TextDecoder();
  const parts = bodyParts(response);
  try {
    for (let part = await nextPart(parts); part !== undefined; part = await nextPart(parts)) {
      parser.feed(decoder.decode(part, { stream: true }));
      if (events.length > 0) yield events.splice(0);
    }
  } finally {
    await parts.return(undefined);
  }
}

/** Undefined where there is nothing more to come. */
async function nextPart(parts: AsyncGenerator<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    const read = await parts.next();
    return read.done === true ? undefined : read.value;
  } catch {
    return undefined;
  }
}

/** Room for the largest entry with what stands around it. */
const EVENT_BYTES_MAX = 1024 * 1024;
