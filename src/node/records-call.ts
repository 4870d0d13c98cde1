/** The JSON-RPC method that asks for records by what is in them (docs/spec/records.md#queries). */
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { RecordIndex } from '../records/record-index.ts';
import { readFilter } from './filter-param.ts';
import { invalidParams, type Params, readInteger, readString, refused, result } from './rpc-call.ts';

/** `records` is undefined in a node that keeps none. */
export async function answerRecords(records: RecordIndex | undefined, params: Params): Promise<RpcAnswer> {
  const question = {
    filter: readFilter(params),
    order: readOrder(params),
    limit: readInteger(params, 'limit', { max: RECORDS_MAX }) ?? RECORDS_DEFAULT,
    cursor: readString(params, 'cursor'),
  };
  if (question.limit === 0) throw invalidParams('`limit` is 0: name at least 1');
  if (params.has('cursor') && question.cursor === undefined) throw invalidParams('`cursor` is no text');
  if (records === undefined) {
    const how = 'start it with --records, --full-text for words, or --index for each field that is often asked for';
    throw refused('records-off', `this node keeps no table of records to be searched: ${how}`);
  }
  const page = await records.page(question);
  if (page.ok) return result(page.value);
  switch (page.fault.code) {
    case 'cursor-invalid':
      throw refused(
        'cursor-invalid',
        '`cursor` is none of this question: send `next` as it came, or begin anew without it',
      );
    case 'records-busy':
      throw refused('records-busy', 'too many ask for records just now: try again in a moment');
    case 'records-unavailable': {
      const { trouble } = page.fault;
      const what = `this node has no table of records just now (${trouble}), and tries again: its log says more`;
      throw refused('records-unavailable', what, { trouble });
    }
  }
}

function readOrder(params: Params): 'asc' | 'desc' {
  if (!params.has('order')) return 'asc';
  const order = readString(params, 'order');
  if (order !== 'asc' && order !== 'desc') throw invalidParams('`order` is neither "asc" nor "desc"');
  return order;
}

const RECORDS_DEFAULT = 100;
const RECORDS_MAX = 1_000;
