/** What the gateway tells of its own requests. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it, test } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';
import { Reader } from './event-reader.fixture.ts';
import { metricsText } from './metrics-text.ts';
import { RequestMeter } from './request-meter.ts';

test('a histogram has in each bucket all that took no longer, and a stream has no duration', () => {
  const meter = new RequestMeter();
  const kind = { route: '/a/:b', method: 'GET', code: '200' };
  for (const seconds of [0.005, 0.25, 0.25, 10, 32]) meter.count(kind, seconds);
  meter.count({ ...kind, code: '503' }, 0.5);
  meter.count({ ...kind, route: '/stream' }, undefined);
  assert.equal(
    metricsText(meter.metrics).replaceAll(/^# HELP .*\n/gm, ''),
    `# TYPE cairn_gateway_requests_total counter
cairn_gateway_requests_total{route="/a/:b",method="GET",code="200"} 5
cairn_gateway_requests_total{route="/a/:b",method="GET",code="503"} 1
cairn_gateway_requests_total{route="/stream",method="GET",code="200"} 1
# TYPE cairn_gateway_request_duration_seconds histogram
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="0.005"} 1
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="0.025"} 1
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="0.1"} 1
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="0.5"} 4
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="1"} 4
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="2.5"} 4
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="10"} 5
cairn_gateway_request_duration_seconds_bucket{route="/a/:b",method="GET",le="+Inf"} 6
cairn_gateway_request_duration_seconds_sum{route="/a/:b",method="GET"} 43.005
cairn_gateway_request_duration_seconds_count{route="/a/:b",method="GET"} 6
`,
  );
});

describe('a gateway', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  let url: string;
  before(async () => {
    world = await startGateway();
    await world.gateway.listen();
    url = `http://127.0.0.1:${world.gateway.port}`;
  });
  after(() => world.stop());

  const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  /** How many requests there were of each kind, those for metrics left out. */
  const counted = async (): Promise<Map<string, number>> => {
    const lines = (await scrape()).matchAll(
      /^cairn_gateway_requests_total\{route="(.*)",method="(.*)",code="(.*)"\} (\d+)$/gm,
    );
    const counts = [...lines].map(
      ([, route, method, code, count]) => [`${method} ${route} ${code}`, Number(count)] as const,
    );
    return new Map(counts.filter(([kind]) => kind !== 'GET /metrics 200'));
  };
  /** By how much the counts have risen while `act` went on. */
  const risen = async (act: () => Promise<unknown>): Promise<Record<string, number>> => {
    const before = await counted();
    await act();
    const rises = [...(await counted())].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
    return Object.fromEntries(rises.filter(([, rise]) => rise !== 0));
  };
  const send = async (path: string, method = 'GET'): Promise<void> => {
    await (await fetch(`${url}${path}`, { method })).text();
  };

  it('counts each request by the name of its route, and by nothing that whoever asks could make up', async () => {
    const { port } = world.node;
    const rises = await risen(async () => {
      for (const name of ['a', 'b', 'c']) await send(`/api/v1/nodes/${port}/entries/${name.repeat(64)}`);
      await send('/api/v1/nodes/1/status');
      await send('/api/v1/nodes/made-up/status');
      await send('/livez', 'HEAD');
      await send('/livez', 'POST');
      await send('/livez', 'PUT');
      await send('/livez', 'PROPFIND');
      await send('/made-up/1');
      await send('/made-up/2');
      await world.gateway.inject({ url: '/livez', headers: { host: 'made-up.example' } });
    });
    assert.deepEqual(rises, {
      'GET /api/v1/nodes/:port/entries/:id 404': 3,
      'GET /api/v1/nodes/:port/status 404': 2,
      'HEAD /livez 200': 1,
      'POST /livez 405': 1,
      'other /livez 405': 1,
      'other other 404': 1,
      'GET other 404': 2,
      'GET /livez 403': 1,
    });
    assert.doesNotMatch(await scrape(), /made-up/);
  });

  it('measures how long each took', async () => {
    const text = await scrape();
    const durations = 'cairn_gateway_request_duration_seconds';
    const labels = 'route="/version",method="GET"';
    assert.doesNotMatch(text, new RegExp(labels));
    await send('/version');
    await send('/version');
    const measured = await scrape();
    assert(measured.includes(`\n${durations}_count{${labels}} 2\n`));
    assert(measured.includes(`\n${durations}_bucket{${labels},le="+Inf"} 2\n`));
    assert.match(measured, new RegExp(`^${durations}_sum\\{${labels}\\} (?!0$)[0-9.e-]+$`, 'm'));
  });

  it('counts whoever leaves before there is an answer as gone', async () => {
    const { ledger, port } = world.node;
    const abandoned = Promise.withResolvers<void>();
    ledger.abandoned = abandoned;
    const rises = await risen(async () => {
      const leaving = new AbortController();
      const asked = fetch(`${url}/validate/${port}`, { signal: leaving.signal });
      while (!ledger.calls.some(({ method }) => method === 'validate')) await new Promise(setImmediate);
      leaving.abort();
      await assert.rejects(asked);
      await abandoned.promise;
      ledger.abandoned = undefined;
    });
    assert.deepEqual(rises, { 'GET /validate/:port gone': 1 });
  });

  it('counts a stream while it is held, and has no duration of it', async () => {
    const held = async () => /^cairn_gateway_streams\{kind="events"\} (\d+)$/m.exec(await scrape())?.[1];
    assert.equal(await held(), '0');
    const rises = await risen(async () => {
      const reader = await Reader.open(`${url}/api/v1/nodes/${world.node.port}/events`);
      await reader.next();
      assert.equal(await held(), '1');
      reader.close();
      while ((await held()) !== '0') await new Promise(setImmediate);
    });
    assert.deepEqual(rises, { 'GET /api/v1/nodes/:port/events 200': 1 });
    assert.doesNotMatch(await scrape(), /^cairn_gateway_request_duration.*events/m);
  });

  it('counts an upgrade that it refuses', async () => {
    const rises = await risen(async () => {
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '12' };
      request(`${url}/peer/${world.node.port}`, { headers, agent: false }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      }).end();
      assert.equal(await promise, 400);
    });
    assert.deepEqual(rises, { 'GET /peer/:port 400': 1 });
  });
});

test('a gateway tells what memory it has, and since when it runs', async () => {
  const { gateway, stop } = await startGateway({ port: 8080 });
  try {
    const { body } = await gateway.inject({ url: '/metrics', headers: { host: 'localhost:8080' } });
    const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
    assert(figure('process_resident_memory_bytes') > 2 ** 20, body);
    assert.equal(figure('process_start_time_seconds'), performance.timeOrigin / 1_000);
  } finally {
    await stop();
  }
});
