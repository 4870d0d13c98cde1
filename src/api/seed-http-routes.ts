/** The four routes of the founding specification (docs/spec/http.md#seed-routes). */
import { answers, anyJson, content, JSON_TYPE } from './http-answers.ts';
import { ChainShape, MessageShape, NodeParams } from './http-shapes.ts';
import { BlockShape } from './shapes.ts';

/** As they stand in `HTTP_ROUTES`. */
export const SEED_ROUTES = {
  seedMine: {
    method: 'POST',
    url: '/mine_block/:port',
    config: { changesState: true },
    schema: {
      tags: ['seed'],
      operationId: 'seedMine',
      summary: 'Mine the JSON body into a block',
      description:
        'Answers when the block is durable and on the active chain. The body is read as JSON whatever its type.',
      params: NodeParams,
      body: content({ [JSON_TYPE]: anyJson }),
      response: answers(200, 'The block.', BlockShape),
    },
  },
  seedChain: {
    method: 'GET',
    url: '/get_chain/:port',
    config: { changesState: false },
    schema: {
      tags: ['seed'],
      operationId: 'seedChain',
      summary: 'The whole chain, streamed',
      params: NodeParams,
      response: answers(200, 'The chain and its length.', ChainShape),
    },
  },
  seedValidate: {
    method: 'GET',
    url: '/validate/:port',
    config: { changesState: false },
    schema: {
      tags: ['seed'],
      operationId: 'seedValidate',
      summary: 'Check the whole stored chain again',
      params: NodeParams,
      response: answers(200, '`is valid.` or `not valid.`', MessageShape),
    },
  },
  seedShutdown: {
    method: 'GET',
    url: '/shutdown/:port',
    config: { changesState: true },
    schema: {
      tags: ['seed'],
      operationId: 'seedShutdown',
      summary: 'Stop the node',
      params: NodeParams,
      response: answers(200, 'The node leaves the list of running nodes and stops.', MessageShape),
    },
  },
} as const;
