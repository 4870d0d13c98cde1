/** The routes of the HTTP interface that ask for records (docs/spec/records.md#queries). */
import { answers } from './http-answers.ts';
import { NodeParams } from './http-shapes.ts';
import { RecordsPageShape, RecordsQuery } from './record-shapes.ts';

export const RECORDS_ROUTES = {
  records: {
    method: 'GET',
    url: '/api/v1/nodes/:port/records',
    config: { changesState: false },
    schema: {
      tags: ['records'],
      operationId: 'listRecords',
      summary: 'Records by author, id, time, words and fields, by pages',
      description:
        'Of a node that keeps a table of records (`--records`, `--index`, `--full-text`). The next page is named in `next` and in the ' +
        '`Link` header; a page may be short, or empty, and still have one.',
      params: NodeParams,
      querystring: RecordsQuery,
      response: answers(200, 'One page.', RecordsPageShape),
    },
  },
} as const;
