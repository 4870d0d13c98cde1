/** A node that was killed many times, beside a twin that got the same blocks and was not: both must say the same. */
import { createHash } from 'node:crypto';
import { assert } from '../../src/core/assert.ts';
import type { ProbeClient } from '../../src/probe/probe-client.ts';
import { statusWhen } from '../../test/support/test-node.ts';
import type { Promises } from './promises.ts';

/**
 * Waits until everything that the node has acknowledged is in blocks that both have, and holds chain, index and pending
 * entries of the one against those of the other. `mine` has the twin mine a block. Resolves with how many of the blocks that
 * the node has announced are not on the chain.
 */
export async function compareNodes(options: {
  readonly client: ProbeClient;
  readonly twin: ProbeClient;
  readonly promises: Promises;
  readonly mine: () => Promise<unknown>;
  /** Whether entries of earlier comparisons are looked at, too. */
  readonly isLast: boolean;
}): Promise<number> {
  const { client, twin, promises, mine, isLast } = options;
  const happenings = twin.events()[Symbol.asyncIterator]();
  try {
    await promises.untilAllEntriesAreKnown(twin, () => happenings.next());
  } finally {
    await happenings.return?.();
  }
  // At least one block, so that the node hears of a chain that is better than its own whatever that is.
  do await mine();
  while (JSON.parse(await twin.call('status')).pending.count > 0);
  const { tip } = await statusWhen(twin, () => true);
  await statusWhen(client, (status) => status.tip.hash === tip.hash && status.pending.count === 0);
  const abandonedCount = await promises.allBlocks(client);
  const placesAt = (node: ProbeClient) => (isLast ? promises.allEntries(node) : promises.newEntries(node));
  const places = await placesAt(client);
  assert(
    places.every((place) => place.includes(' in-block ')),
    'every entry is in a block by now',
  );
  assert(places.join('\n') === (await placesAt(twin)).join('\n'), 'both say the same of where entries stand');
  assert((await chainDigest(client)) === (await chainDigest(twin)), 'both serve the same chain');
  promises.settle();
  return abandonedCount;
}

/** Of the whole chain as it is served. */
async function chainDigest(client: ProbeClient): Promise<string> {
  const digest = createHash('sha256');
  for await (const bytes of (await client.stream('chain')).chunks) digest.update(bytes);
  return digest.digest('hex');
}
