/**
 * How fast a full node of the bitcoin family is in sync with a peer over loopback: hsd, by the authors of bcoin, which
 * no longer builds on this Node. Empty blocks of its regtest network, which take no work.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { assert } from '../../src/core/assert.ts';
import { freePortRow } from '../../test/support/free-port.ts';
import { firstMessage } from '../metered-node.ts';

/** Blocks a second. hsd does not wait for the disk, so it is the less durable of the two. */
export async function measureHsdSync(options: {
  readonly installed: string;
  readonly folder: string;
  readonly blocks: number;
}): Promise<number> {
  const { installed, folder, blocks } = options;
  // A node listens at several ports.
  const firstPort = await freePortRow(2 * PORTS_PER_NODE);
  const child = (role: string, port: number, ...more: readonly string[]) => {
    const args = [role, installed, join(folder, role), String(blocks), String(port), ...more];
    return fork(new URL('hsd-child.ts', import.meta.url), args);
  };
  const peer = child('peer', firstPort);
  assert((await firstMessage(peer)) === 'ready', 'a peer says when it has its chain');
  const newcomer = child('newcomer', firstPort + PORTS_PER_NODE, String(firstPort));
  const [seconds] = await Promise.all([firstMessage(newcomer), once(newcomer, 'exit')]);
  const exited = once(peer, 'exit');
  peer.disconnect();
  await exited;
  assert(typeof seconds === 'number', 'a newcomer says how long it took');
  return blocks / seconds;
}

const PORTS_PER_NODE = 4;
