/**
 * What waits to be sent to all peers together, and whom to hang up on when it is too much.
 *
 * Counted once for each `COUNT_STEP_BYTES` that are sent and not for each message, so it may be over by that much.
 */
import { FRAME_HEADER_BYTES } from '../protocol/frame.ts';

/** The queue to one peer. */
interface SendQueue {
  readonly queuedBytes: number;
  /** Drops what waits and ends the connection, but tells nobody before this call has returned. */
  overflow(limitBytes: number): void;
}

export class SendQueues {
  readonly #limitBytes: number;
  readonly #queues: () => Iterable<SendQueue>;
  #uncountedBytes = 0;

  constructor(limitBytes: number, queues: () => Iterable<SendQueue>) {
    this.#limitBytes = limitBytes;
    this.#queues = queues;
  }

  /** A message of `sizeBytes` was queued for some peer. */
  sent(sizeBytes: number): void {
    this.#uncountedBytes += FRAME_HEADER_BYTES + sizeBytes;
    if (this.#uncountedBytes < COUNT_STEP_BYTES) return;
    this.#uncountedBytes = 0;
    let sumBytes = 0;
    let largest: SendQueue | undefined;
    for (const queue of this.#queues()) {
      sumBytes += queue.queuedBytes;
      if (largest === undefined || queue.queuedBytes > largest.queuedBytes) largest = queue;
    }
    if (sumBytes > this.#limitBytes) largest?.overflow(this.#limitBytes);
  }
}

const COUNT_STEP_BYTES = 1024 * 1024;
