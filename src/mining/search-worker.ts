/** The worker thread: takes one request after the other, and drops those whose search has been ended meanwhile. */
import { parentPort } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { hashKernel } from './hash-kernel.ts';
import { runSearch } from './search-loop.ts';
import type { SearchRequest } from './search-message.ts';

const port = parentPort;
assert(port !== null, 'this file runs in a worker');
port.on('message', (request: SearchRequest) => {
  const reply = runSearch({ kernel: hashKernel, request, nowMs: () => performance.now() });
  if (reply !== undefined) port.postMessage(reply);
});
