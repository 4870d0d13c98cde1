/**
 * The process that mines for a node: one of its own, because V8 packs lanes only where a flag tells it to, because machine
 * code that is wrong may end it, and because its priority can be lowered without touching the node's.
 *
 * It ends when the node lets go of it, however that comes about.
 */
import { assert, assertNever, assertPresent } from '../core/assert.ts';
import { createLocalMiner } from './local-miner.ts';
import type { Miner } from './miner.ts';
import type { ProcessReply, ProcessRequest } from './process-message.ts';

assert(process.send !== undefined, 'this file runs in a process that a node has forked');
// A terminal sends these to the node as well: the node decides, and lets go.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', () => void end());

let miner: Miner | undefined;
process.on('message', (request: ProcessRequest) => {
  switch (request.type) {
    case 'start':
      miner = createLocalMiner({
        ...request,
        beforeTrial: (kernel) => say({ type: 'trying', kernel }),
        onEvent: (event) => void say({ type: 'event', event }),
        onFailure: ({ cause }) => void say({ type: 'failed', cause }),
      });
      return;
    case 'mine':
      return assertPresent(miner, 'the start comes first').mine(request.job);
    case 'cancel':
      return assertPresent(miner, 'the start comes first').cancel();
    default:
      return assertNever(request);
  }
});

/** Once the threads are closed, which leave files behind if they are ended at any other time. */
async function end(): Promise<void> {
  await miner?.close();
  process.exit();
}

/** Resolves once it has been handed to the system, so that it arrives whatever becomes of this process. */
function say(reply: ProcessReply): Promise<void> {
  return new Promise((resolve) => process.send?.(reply, undefined, undefined, () => resolve()));
}
