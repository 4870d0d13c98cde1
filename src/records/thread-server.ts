/** The far end of a `RecordThread`: answers questions one after the other, in the order in which they were put. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { StoreError } from '../storage/store-error.ts';
import type { ThreadOrder, ThreadReply } from './thread-message.ts';

/** Opens with what the thread was started with, says so, and from then on answers. Whatever is thrown crosses as an answer. */
export function serveThread<Settings, Question>(open: (settings: Settings) => (question: Question) => unknown): void {
  const port = parentPort;
  assert(port !== null, 'this file runs in a thread');
  const say = (reply: ThreadReply): void => port.postMessage(reply);
  try {
    const answer = open(workerData);
    port.on('message', ({ call, question }: ThreadOrder<Question>) => {
      try {
        say({ type: 'answer', call, answer: answer(question) });
      } catch (error) {
        say(failure(error, call));
      }
    });
    say({ type: 'open' });
  } catch (error) {
    say(failure(error, undefined));
  }
}

function failure(error: unknown, call: number | undefined): ThreadReply {
  const code = error instanceof StoreError ? error.code : 'other';
  return {
    type: 'failed',
    call,
    code,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
