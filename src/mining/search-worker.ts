/** The worker thread: takes one request after the other, and drops those whose search has been ended meanwhile. */
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { loadKernel } from './kernels.ts';
import { SearchControl } from './search-control.ts';
import { runSearch, SliceSize } from './search-loop.ts';
import type { SearchReply, SearchRequest, WorkerSettings } from './search-message.ts';

const port = parentPort;
assert(port !== null, 'this file runs in a worker');
const { kernel: kernelName, dutyCycle }: WorkerSettings = workerData;
giveWay();
const kernel = loadKernel(kernelName);
const slice = new SliceSize();
const nowMs = () => performance.now();
port.postMessage({ type: 'ready' } satisfies SearchReply);
port.on('message', ({ search, headerBytes, targetBytes, ring, control: memory }: SearchRequest) => {
  const control = new SearchControl(ring, memory);
  const outcome = runSearch({ kernel, headerBytes, targetBytes, control, dutyCycle, slice, nowMs });
  if (outcome !== undefined) port.postMessage({ ...outcome, search } satisfies SearchReply);
});

/**
 * Lets everything else on the machine go first. On Linux this is about the thread that calls it, elsewhere about the
 * whole process. It is a courtesy: where the system does not allow it, it is left out.
 */
function giveWay(): void {
  try {
    // Larger is later. Who started the process may have put it further back already.
    setPriority(0, Math.max(getPriority(0), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Mining works all the same.
  }
}
