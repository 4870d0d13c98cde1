/** The records of a node as server-sent events (WHATWG HTML §9.2). */
import { RETRY_MS } from './event-stream.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { problemFrom } from './problem.ts';
import type { FeedEvent, RecordFeed } from './record-feed.ts';

/** The stream's text in pieces. Ends when the node goes away, with its reason, and when `signal` is aborted. */
export async function* recordEventPieces(
  feed: RecordFeed,
  { signal, limits }: { readonly signal: AbortSignal; readonly limits: GatewayLimits },
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\n\n`;
  try {
    for await (const events of feed) yield events.map(eventText).join('');
  } catch (error) {
    if (signal.aborted) return;
    const expected = problemFrom(error, limits);
    if (expected === undefined) throw error;
    // The status is long sent. Whoever comes back with the last `id` is told in full.
    yield `: ended, ${expected.code}\n\n`;
  }
}

function eventText({ type, cursor, json }: FeedEvent): string {
  return `id: ${cursor}\nevent: ${type}\ndata: ${json}\n\n`;
}
