/**
 * What one would write without a ledger, in a process of its own: `table-service.ts FILE`. It takes JSON over HTTP into a table of
 * SQLite, durable before it answers, by the same HTTP server and the same disk. Says its port, and ends when the channel closes.
 */
import { DatabaseSync } from 'node:sqlite';
import Fastify from 'fastify';
import { assertPresent } from '../src/core/assert.ts';

const database = new DatabaseSync(assertPresent(process.argv[2], 'a file is named'));
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE records (id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
`);
const insert = database.prepare('INSERT INTO records (data) VALUES (?)');

const app = Fastify();
app.post('/entries', async (request, reply) => {
  // As many rows as there are entries, in one transaction.
  const entries: unknown = request.body;
  database.exec('BEGIN IMMEDIATE');
  const ids = (Array.isArray(entries) ? entries : [entries]).map((entry) => {
    return Number(insert.run(JSON.stringify(entry)).lastInsertRowid);
  });
  database.exec('COMMIT');
  return reply.code(202).send({ ids });
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.once('disconnect', () => void app.close().then(() => database.close()));
const [address] = app.addresses();
process.send?.({ port: typeof address === 'string' ? undefined : address?.port });
