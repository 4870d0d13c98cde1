/** How fast a log is replicated from a process to another over loopback, checked and durable: Hypercore. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { assert } from '../../src/core/assert.ts';
import { firstMessage } from '../metered-node.ts';

/** Records a second. */
export async function measureHypercoreReplication(options: {
  readonly installed: string;
  readonly folder: string;
  readonly records: number;
}): Promise<number> {
  const { installed, folder, records } = options;
  const child = (role: string, ...more: readonly string[]) =>
    fork(new URL('hypercore-child.ts', import.meta.url), [
      role,
      installed,
      join(folder, role),
      String(records),
      ...more,
    ]);
  const writer = child('writer');
  const told = await firstMessage(writer);
  assert(typeof told === 'object' && told !== null && 'key' in told && 'port' in told, 'a writer says where it is');
  const reader = child('reader', String(told.key), String(told.port));
  const [seconds] = await Promise.all([firstMessage(reader), once(reader, 'exit')]);
  const exited = once(writer, 'exit');
  writer.disconnect();
  await exited;
  assert(typeof seconds === 'number', 'a reader says how long it took');
  return records / seconds;
}
