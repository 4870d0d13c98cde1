/**
 * A process that holds a store, for tests of what happens to it: `node store-child.ts hold|grow FOLDER [threaded]`.
 *
 * `hold` opens the store, says `open` and waits to be killed. `grow` commits without end: before each commit it writes
 * a line `{"try":{…}}` that says what will change, and after it `{"done":true}`.
 */
import { entryIds } from '../../src/core/body.ts';
import type { ChainPoint } from '../../src/core/validation.ts';
import type { ChainStore } from '../../src/storage/chain-store.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { openThreadedStore } from '../../src/storage/threaded-store.ts';
import { bodyOf, buildChain, TEST_PARAMS } from './chain-fixture.ts';
import { ALL_PENDING } from './store-change.ts';

/** What one commit of `grow` changes. Every block holds one entry, and one entry is made pending. */
export interface GrowStep {
  readonly forkHeight: number;
  readonly added: readonly { readonly hash: string; readonly entry: string }[];
  readonly pending: string;
}

const [mode, folder, thread] = process.argv.slice(2);
if (mode !== undefined && folder !== undefined) {
  const options = { folder, params: TEST_PARAMS };
  const store = await (thread === undefined
    ? openSqliteStore(options)
    : openThreadedStore({ ...options, onFailure: fail }));
  if (mode === 'grow') await grow(store);
  else say('open');
  process.stdin.resume();
}

/** Every seventh commit is a switch to a branch that forks off two blocks below the tip. */
async function grow(store: ChainStore): Promise<never> {
  const { window } = await store.load({ windowLength: 3, milestoneInterval: 1_000, pending: ALL_PENDING });
  let points: readonly ChainPoint[] = window;
  for (let round = 0; ; round++) {
    const kept = round % 7 === 6 ? points.slice(0, -2) : points;
    const parent = kept.at(-1);
    if (parent === undefined) throw new Error('the window reaches below the fork');
    const unique = `${process.pid}/${round}`;
    const chain = buildChain(TEST_PARAMS, parent, 3, (height) => bodyOf(`"${unique}/${height}"`));
    const pendingBody = bodyOf(`"pending ${unique}"`);
    const [pendingId] = entryIds(pendingBody);
    if (pendingId === undefined) throw new Error('the body has an entry');
    const step: GrowStep = {
      forkHeight: parent.header.height,
      added: chain.blocks.map(({ hash, body }) => ({ hash, entry: entryIds(body)[0] ?? '' })),
      pending: pendingId,
    };
    say(JSON.stringify({ try: step }));
    await store.commit({
      blocks: chain.blocks.map((block, i) => ({ block, work: chain.points[i]?.work ?? 0n })),
      pendingAdded: [{ id: pendingId, bytes: pendingBody.bytes.slice(1, -1) }],
      activate: { forkHeight: step.forkHeight, added: chain.blocks.map((block) => block.hash) },
    });
    say('{"done":true}');
    points = [...kept, ...chain.points].slice(-3);
  }
}

/** Writing to a pipe is done when this returns (on POSIX systems), so a kill loses no line. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: Error): never {
  throw error;
}
