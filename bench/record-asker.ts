/**
 * A process with an IPC channel that asks a node for records, one question after the other: `record-asker.ts ORDER`. It says how long
 * the answers to each kind of question took, and ends.
 */
import { filterJson } from '../src/api/filter-json.ts';
import type { RecordFilter } from '../src/api/record-filter.ts';
import type { RecordsPage } from '../src/api/record-shapes.ts';
import { assert, assertPresent } from '../src/core/assert.ts';
import { jsonObject, jsonValue } from '../src/core/json-text.ts';
import { connectProbe } from '../src/probe/probe-client.ts';
import { originEvent } from './records.ts';

export interface AskerOrder {
  readonly port: number;
  /** How many records there are. */
  readonly count: number;
  /** How many questions of each kind. */
  readonly times: number;
}

interface Question {
  readonly what: string;
  readonly filter: RecordFilter;
  readonly order?: 'asc' | 'desc';
}

const PAGE_RECORDS = 50;

const { port, count, times }: AskerOrder = JSON.parse(assertPresent(process.argv[2], 'an order is given'));
const client = await connectProbe({ host: '127.0.0.1', port });
/** Of each kind of question, in milliseconds. */
const latencies = new Map<string, number[]>();
for (let i = 0; i < times; i++) {
  // Spread over all of the records, and never the same again.
  const number = (i * 7_919 + 17) % count;
  for (const { what, filter, order = 'asc' } of await questionsAbout(number)) {
    const startMs = performance.now();
    const page = await ask(filter, order);
    const ms = performance.now() - startMs;
    assert(page.records.length > 0 || page.next !== null, `something is found, or is still to be: ${what}`);
    latencies.set(what, [...(latencies.get(what) ?? []), ms]);
  }
}
client.close();
process.send?.([...latencies]);
process.disconnect();

/** What users would ask who know one record: that of this number. */
async function questionsAbout(number: number): Promise<readonly Question[]> {
  const event = originEvent(number);
  const { actor, size, time, success } = event;
  assert(typeof actor === 'string' && typeof size === 'number' && typeof time === 'string', 'an event has these');
  const here = await ask({ where: [{ pointer: '/time', op: '=', value: time }] }, 'asc');
  const record = assertPresent(here.records[0], 'the record is there');
  const seconds = Date.parse(record.time) / 1_000;
  return [
    { what: 'by id', filter: { id: record.id as NonNullable<RecordFilter['id']> } },
    { what: 'by a field, first 50', filter: { where: [{ pointer: '/actor', op: '=', value: actor }] } },
    { what: 'by a field, last 50', filter: { where: [{ pointer: '/actor', op: '=', value: actor }] }, order: 'desc' },
    { what: 'by a field and a time', filter: { from: seconds, where: [{ pointer: '/actor', op: '=', value: actor }] } },
    {
      what: 'by a range of numbers',
      filter: {
        where: [
          { pointer: '/size', op: '>=', value: size },
          { pointer: '/size', op: '<', value: size + 5_000 },
        ],
      },
    },
    {
      what: 'by two indexed fields',
      filter: {
        where: [
          { pointer: '/actor', op: '=', value: actor },
          { pointer: '/size', op: '<=', value: size },
        ],
      },
    },
    {
      what: 'by a field without index, too',
      filter: {
        where: [
          { pointer: '/actor', op: '=', value: actor },
          { pointer: '/success', op: '=', value: success === true },
          { pointer: '/duration', op: '>=', value: 0 },
        ],
      },
    },
  ];
}

async function ask(filter: RecordFilter, order: 'asc' | 'desc'): Promise<RecordsPage> {
  const params = jsonObject({ filter: filterJson(filter), order: jsonValue(order), limit: jsonValue(PAGE_RECORDS) });
  return JSON.parse(await client.call('records', params));
}
