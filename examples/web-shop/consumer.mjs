/**
 * Follows the events of the shop into a table of its own, and keeps it right whatever happens:
 * `node examples/web-shop/consumer.mjs http://127.0.0.1:8080 orders.sqlite`.
 *
 * What an event changes and the cursor behind it are one transaction. So it may be ended at any time, and goes on where it was:
 * nothing is missed, and nothing counted twice. Where a reorganisation takes an event back, its change is undone. With `--until-idle` it
 * ends once it has caught up.
 */
import { DatabaseSync } from 'node:sqlite';
import { connect } from 'cairn-ledger';

const [gateway, file, ...flags] = process.argv.slice(2);
if (gateway === undefined || file === undefined) {
  console.error('usage: consumer.mjs GATEWAY FILE [--until-idle], such as http://127.0.0.1:8080 orders.sqlite');
  process.exit(2);
}

const database = new DatabaseSync(file);
// An event stands by its place in the chain. Handed in at two nodes it may be on record twice: then the first one counts.
database.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS events (
    height INTEGER, place INTEGER, order_number INTEGER, number INTEGER, event TEXT, total REAL, PRIMARY KEY (height, place)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), cursor TEXT NOT NULL) STRICT;
  CREATE VIEW IF NOT EXISTS counted AS
    SELECT * FROM (
      SELECT *, row_number() OVER (PARTITION BY order_number, number ORDER BY height, place) AS copy FROM events
    ) WHERE copy = 1;
  CREATE VIEW IF NOT EXISTS revenue AS
    SELECT sum(total) AS total, count(*) AS orders FROM counted
    WHERE event = 'placed' AND order_number IN (SELECT order_number FROM counted WHERE event = 'paid');
`);
const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)');
const remove = database.prepare('DELETE FROM events WHERE height = ? AND place = ?');
const keep = database.prepare('INSERT OR REPLACE INTO progress (id, cursor) VALUES (1, ?)');
const after = database.prepare('SELECT cursor FROM progress').get()?.cursor ?? 'start';

const caughtUp = new AbortController();
const ledger = await connect(gateway);
const orders = ledger.follow(
  { where: [{ pointer: '/type', op: '=', value: 'shop/order' }] },
  {
    after,
    signal: caughtUp.signal,
    onPosition: (position) => {
      keep.run(position.cursor);
      if (flags.includes('--until-idle') && position.caughtUp) caughtUp.abort();
    },
  },
);
try {
  for await (const { type, record, cursor } of orders) {
    const { height, index, data } = record;
    database.exec('BEGIN IMMEDIATE');
    if (type === 'removed') remove.run(height, index);
    else if (isOrderEvent(data)) insert.run(height, index, data.order, data.number, data.event, data.total ?? null);
    keep.run(cursor);
    database.exec('COMMIT');
  }
} catch (error) {
  if (!caughtUp.signal.aborted) throw error;
}
const { total, orders: count } = database.prepare('SELECT * FROM revenue').get();
console.log(`${count} orders were paid: ${total ?? 0} in all`);
database.close();

/** In an open network anybody may write what looks like an event. (A shop that signs asks for its own records, by `author`.) */
function isOrderEvent({ order, number, event, total = 0 }) {
  return (
    Number.isSafeInteger(order) &&
    Number.isSafeInteger(number) &&
    typeof event === 'string' &&
    typeof total === 'number'
  );
}
