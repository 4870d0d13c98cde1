/** What memory is really held: measured after everything that nobody needs has been thrown away. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What this process holds, in bytes. What is merely not collected yet depends on the machine's mood and is not in it. */
export function heldMemory(): NodeJS.MemoryUsage {
  // Buffers are given back by the sweep after a collection, which the next collection has to wait for.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage();
}
