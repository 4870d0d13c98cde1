/**
 * `http`: entries over HTTP from 64 connections at once, loaded by autocannon, beside a service of the same HTTP server that writes
 * to a plain table of SQLite. Both answer once the entries are durable.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { withLifetime } from '../reliability/lifetime.ts';
import { assert } from '../src/core/assert.ts';
import { CairnProcess, makeWorld, startNodeProcess } from '../test/support/cairn-process.ts';
import { freePort } from '../test/support/free-port.ts';
import type { Lifetime } from '../test/support/lifetime.ts';
import type { Measurement } from './measurement.ts';
import { firstMessage } from './metered-node.ts';
import { originEvent } from './records.ts';

const CONNECTIONS = 64;
const SECONDS = 20;
/** So many, however long a machine with other things to do takes for them. */
const REQUESTS_QUICK = 512;
const ANSWER_SECONDS_MAX = 60;

interface Service {
  readonly name: string;
  readonly url: string;
}

/** Measures one entry a request, and many. */
export async function* http(options: { readonly isQuick: boolean }): AsyncGenerator<Measurement> {
  for (const perRequest of [1, 100]) yield await withLifetime((lifetime) => measure(lifetime, perRequest, options));
}

/**
 * Expected: the gateway hands each request on to the node, over a socket, so two processes parse it and a third generates the load
 * on the same two cores. But entries of all connections share a commit, where the service waits for one with each request: as many
 * requests of one entry. Of a hundred at a time the service's commits weigh little, and it does half the work: half of what it takes.
 */
async function measure(
  lifetime: Lifetime,
  perRequest: number,
  { isQuick }: { isQuick: boolean },
): Promise<Measurement> {
  const extent = isQuick ? { amount: REQUESTS_QUICK } : { duration: SECONDS };
  let sent = 0;
  const nextBody = (): string => {
    const entries = Array.from({ length: perRequest }, () => originEvent(sent++));
    return JSON.stringify(perRequest === 1 ? entries[0] : entries);
  };
  const figures: Measurement['figures'][number][] = [];
  const remarks: string[] = [];
  for (const start of [startLedger, startTable]) {
    const { name, url } = await start(lifetime);
    const run = await autocannon({
      url,
      method: 'POST',
      connections: CONNECTIONS,
      ...extent,
      timeout: ANSWER_SECONDS_MAX,
      requests: [
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          setupRequest: (request) => ({ ...request, body: nextBody() }),
        },
      ],
    });
    const entriesPerSecond = (run['2xx'] * perRequest) / run.duration;
    const first = figures[0]?.value;
    figures.push(
      {
        name,
        value: entriesPerSecond,
        unit: 'entries/s',
        ...(first === undefined ? {} : { timesFirst: entriesPerSecond / first }),
      },
      { name: `${name}, 50 of 100 answers within`, value: run.latency.p50, unit: 'ms' },
      { name: `${name}, 99 of 100 answers within`, value: run.latency.p99, unit: 'ms' },
    );
    if (run.non2xx + run.errors > 0) remarks.push(`${name}: ${run.non2xx} refused, ${run.errors} connections failed`);
  }
  return {
    name: `POST ${perRequest === 1 ? 'one entry' : `${perRequest} entries`} of 300 bytes a request, ${CONNECTIONS} connections, ${isQuick ? `${REQUESTS_QUICK} requests` : `${SECONDS} s`}, durable before the answer`,
    figures,
    remarks,
  };
}

/** A gateway and a node, as processes of their own. Blocks are mined at the first tries: mining is not what is measured. */
async function startLedger(lifetime: Lifetime): Promise<Service> {
  const world = await makeWorld(lifetime);
  const { port } = await startNodeProcess(lifetime, world);
  const gatewayPort = await freePort();
  await CairnProcess.start(lifetime, world, ['gateway', '--port', String(gatewayPort)]);
  return {
    name: 'a gateway and a node, entries in blocks',
    url: `http://127.0.0.1:${gatewayPort}/api/v1/nodes/${port}/entries`,
  };
}

async function startTable(lifetime: Lifetime): Promise<Service> {
  const { home } = await makeWorld(lifetime);
  const child = fork(fileURLToPath(new URL('table-service.ts', import.meta.url)), [join(home, 'table.sqlite')]);
  const exited = once(child, 'exit');
  lifetime.after(async () => {
    child.disconnect();
    await exited;
  });
  const { port } = Object(await firstMessage(child));
  assert(Number.isInteger(port), 'the service says its port');
  return { name: 'a service that writes to a table of SQLite', url: `http://127.0.0.1:${port}/entries` };
}
