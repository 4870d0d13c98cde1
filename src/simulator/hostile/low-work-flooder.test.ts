/** What floods of headers come to that were made over years and took hardly any work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeepFlooder } from './low-work-flooder.ts';
import { Stage } from './stage.ts';

test('thousands of headers with more work than the chain and no bodies hold nobody up, and are not kept for long', async () => {
  const stage = new Stage({ seed: 51, nodes: 3, ageMs: HEADERS * STEP_SECONDS * 1000 });
  const { world } = stage;
  await world.startAll();
  await stage.work(2);
  const height = () => Math.min(...world.nodes.map(({ machine }) => machine.tip.header.height));
  const before = height();
  let most = 0;
  world.observe({
    handled: ({ machine }) => {
      most = Math.max(most, machine.holdings.headers);
    },
  });
  for (let i = 0; i < 6; i++) {
    stage.admit(new DeepFlooder(stage.props(i), { count: HEADERS, stepSeconds: STEP_SECONDS }), { tickMs: 10_000 });
  }
  await stage.work(6);
  assert.ok(height() - before >= 18, `${height() - before} blocks in six minutes`);
  assert.ok(most > HEADERS_KEPT, `the flood was let in once it had shown its work, up to ${most} headers`);
  await stage.end();
});

/** More than one message holds. */
const HEADERS = 2_500;
/** Far enough apart for the difficulty to fall to the easiest. */
const STEP_SECONDS = 50;
const HEADERS_KEPT = 1_000;
