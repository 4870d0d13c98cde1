import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { atEnd } from '../../test/support/lifetime.ts';
import { makeHome } from '../../test/support/test-node.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { joinList } from '../probe/running-nodes.ts';
import { watchLocalNodes } from './local-discovery.ts';

const addressOf = (port: number) => `/ip4/127.0.0.1/tcp/${port + 10_000}`;

const join = (home: CairnHome, port: number) =>
  joinList(home, {
    port,
    host: '127.0.0.1',
    started: '2026-01-01T00:00:00.000Z',
    peer_addresses: [addressOf(port), `${addressOf(port)}/ws`],
  });

/** What the node at port 5001 is told, until the test ends. */
class Watch {
  readonly told: string[][] = [];
  readonly errors: unknown[] = [];
  readonly #ended = new AbortController();
  #waiting: (() => void)[] = [];

  static async start(t: TestContext, home: CairnHome): Promise<Watch> {
    const watch = new Watch();
    atEnd(t, () => watch.end());
    await watchLocalNodes({
      home,
      ownPort: 5001,
      signal: watch.#ended.signal,
      onAddresses: (addresses) => watch.#note(() => watch.told.push([...addresses])),
      onError: (error) => watch.#note(() => watch.errors.push(error)),
    });
    return watch;
  }

  end(): void {
    this.#ended.abort();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #note(note: () => void): void {
    note();
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

test('the addresses of the others are told at once, and those of the node itself are not', async (t) => {
  const home = await makeHome(t);
  for (const port of [5003, 5001, 5002]) await join(home, port);
  const { told } = await Watch.start(t, home);
  const others = [addressOf(5002), `${addressOf(5002)}/ws`, addressOf(5003), `${addressOf(5003)}/ws`];
  assert.deepEqual(told.at(-1), others);
});

test('a home without a list is one without others', async (t) => {
  const watch = await Watch.start(t, await makeHome(t));
  assert.deepEqual([watch.told.at(-1), watch.errors], [[], []]);
});

test('who joins and who leaves later is told when it happens', async (t) => {
  const home = await makeHome(t);
  const watch = await Watch.start(t, home);
  const listing = await join(home, 5002);
  await watch.until(() => watch.told.at(-1)?.length === 2);
  await listing.leave();
  await watch.until(() => watch.told.at(-1)?.length === 0);
  assert.deepEqual(watch.errors, []);
});

test('an entry of another kind hides nobody', async (t) => {
  const home = await makeHome(t);
  await mkdir(home.runningFolder, { recursive: true });
  await writeFile(`${home.runningFolder}/5004.json`, 'no entry');
  await join(home, 5002);
  const { told, errors } = await Watch.start(t, home);
  assert.deepEqual([told.at(-1), errors], [[addressOf(5002), `${addressOf(5002)}/ws`], []]);
});

test('a list that cannot be read is told as an error, and is looked at again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const home = await makeHome(t);
  const watch = await Watch.start(t, home);
  await rm(home.runningFolder, { recursive: true });
  await writeFile(home.runningFolder, 'no folder');
  t.mock.timers.tick(2_000);
  await watch.until(() => watch.errors.length > 0);
  await rm(home.runningFolder);
  await join(home, 5002);
  // The folder that was watched is gone: only looking again finds the new one.
  t.mock.timers.tick(2_000);
  await watch.until(() => watch.told.at(-1)?.length === 2);
});

test('nothing is told once it has ended', async (t) => {
  const home = await makeHome(t);
  const watch = await Watch.start(t, home);
  const toldBefore = watch.told.length;
  watch.end();
  await join(home, 5002);
  for (let turns = 0; turns < 50; turns++) await nextTurn();
  assert.equal(watch.told.length, toldBefore);
});

test('one that has ended before it begins does nothing', async (t) => {
  const home = await makeHome(t);
  await join(home, 5002);
  const fail = () => assert.fail('it is told nothing');
  await watchLocalNodes({ home, ownPort: 5001, signal: AbortSignal.abort(), onAddresses: fail, onError: fail });
});
