/**
 * A thermometer in a cold store, as lines of JSON: `node examples/sensor-lines/sensor.mjs --count 2000 | npx cairn append 5001 -`.
 *
 * Without `--count` it goes on, a line every second, as a sensor does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { count: { type: 'string' }, sensor: { type: 'string', default: 'cold-store-3' } },
});
const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
if (!(count >= 0)) {
  console.error('usage: sensor.mjs [--count N] [--sensor NAME]');
  process.exit(2);
}
// A reader that has seen enough ends the pipe.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const begin = Date.UTC(2026, 10, 22, 6);

for (let i = 0; i < count; i++) {
  // A day's rhythm, and a door that somebody leaves open now and then.
  const door = i % 400 >= 380 ? 6 : 0;
  const celsius = Math.round(10 * (-18 + 1.5 * Math.sin(i / 86.4) + door)) / 10;
  const line = JSON.stringify({
    sensor: values.sensor,
    number: i,
    time: new Date(begin + 1_000 * i).toISOString(),
    celsius,
  });
  if (!process.stdout.write(`${line}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  if (values.count === undefined) await delay(1_000);
}
