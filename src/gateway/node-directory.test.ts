import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../../test/support/lifetime.ts';
import { resolveHome } from '../probe/cairn-home.ts';
import { joinList } from '../probe/running-nodes.ts';
import { type CannedNode, startCannedNode } from './canned-node.fixture.ts';
import { GATEWAY_LIMITS } from './gateway-limits.ts';
import { createNodeDirectory } from './node-directory.ts';
import { Problem } from './problem.ts';

test('a question goes to a node that was on the list a moment ago, without another look', async (t) => {
  const { node, list, ask } = await startDirectory(t, { lookAgeMs: Infinity });
  const place = await list();
  await ask();
  await place.leave();
  await ask();
  await node.restart();
  await assert.rejects(ask, isUnknown, 'where the connection is lost, it looks again');
});

test('a node that has left the list is unknown once the last look is too old', async (t) => {
  const { list, ask } = await startDirectory(t, { lookAgeMs: 0 });
  const place = await list();
  await ask();
  await place.leave();
  await assert.rejects(ask, isUnknown);
});

test('a node that was looked for in vain is found as soon as it is on the list', async (t) => {
  const { list, ask } = await startDirectory(t, { lookAgeMs: Infinity });
  await assert.rejects(ask, isUnknown);
  await list();
  await ask();
});

/** A node that listens, and is on the list that the directory looks at once it is put there. */
async function startDirectory(
  t: TestContext,
  { lookAgeMs }: { readonly lookAgeMs: number },
): Promise<{
  readonly node: CannedNode;
  readonly list: () => Promise<{ leave(): Promise<void> }>;
  readonly ask: () => Promise<unknown>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-directory-'));
  atEnd(t, () => rm(folder, { recursive: true }));
  const node = await startCannedNode(resolveHome({ CAIRN_HOME: join(folder, 'elsewhere') }));
  atEnd(t, () => node.stop());
  const home = resolveHome({ CAIRN_HOME: folder });
  const directory = createNodeDirectory({ home, configured: [], limits: { ...GATEWAY_LIMITS, lookAgeMs } });
  atEnd(t, () => directory.close());
  const { port } = node;
  const started = '2026-11-22T12:00:00.000Z';
  return {
    node,
    list: () => joinList(home, { port, host: '127.0.0.1', started, peer_addresses: [] }),
    ask: () => directory.ask(String(port), 'status', { signal: new AbortController().signal }),
  };
}

function isUnknown(error: unknown): boolean {
  return error instanceof Problem && error.code === 'node-unknown';
}
