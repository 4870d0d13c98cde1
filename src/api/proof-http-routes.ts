/** The routes of the HTTP interface that answer with proofs (docs/spec/http.md#proofs). */
import Type from 'typebox';
import { answers, BYTES_TYPE } from './http-answers.ts';
import { BlockParams, EntryParams, NodeParams } from './http-shapes.ts';
import {
  EntryProofShape,
  EntryProofsQuery,
  EntryProofsShape,
  HeaderProofShape,
  ProofQuery,
  ReceiptShape,
} from './proof-shapes.ts';

export const PROOF_ROUTES = {
  chainProof: {
    method: 'GET',
    url: '/api/v1/nodes/:port/chain-proof',
    config: { changesState: false },
    schema: {
      tags: ['proofs'],
      operationId: 'chainProof',
      summary: 'That the active chain has the work of its tip',
      description:
        'Bytes that anybody can check who knows the parameters of the network. The `ETag` is the hash of the tip.',
      params: NodeParams,
      response: answers(200, 'The proof.', Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }), BYTES_TYPE),
    },
  },
  headerProof: {
    method: 'GET',
    url: '/api/v1/nodes/:port/blocks/:block/proof',
    config: { changesState: false },
    schema: {
      tags: ['proofs'],
      operationId: 'headerProof',
      summary: 'That a block stands below a tip',
      description: 'For a block of the active chain that is not the tip itself.',
      params: BlockParams,
      querystring: ProofQuery,
      response: answers(200, 'A header proof, with this one header.', HeaderProofShape),
    },
  },
  entryProof: {
    method: 'GET',
    url: '/api/v1/nodes/:port/entries/:id/proof',
    config: { changesState: false },
    schema: {
      tags: ['proofs'],
      operationId: 'entryProof',
      summary: 'That an entry stands in a block below a tip, or in the tip',
      description: 'For its lowest place, where it stands in several.',
      params: EntryParams,
      querystring: ProofQuery,
      response: answers(200, 'An entry proof.', EntryProofShape),
    },
  },
  entryProofs: {
    method: 'GET',
    url: '/api/v1/nodes/:port/entry-proofs',
    config: { changesState: false },
    schema: {
      tags: ['proofs'],
      operationId: 'entryProofs',
      summary: 'That each of several entries stands in a block below one tip, or in the tip',
      description:
        'The same entry proofs as one by one. One that is not to be had is null, and the others come all the same.',
      params: NodeParams,
      querystring: EntryProofsQuery,
      response: answers(200, 'Entry proofs.', EntryProofsShape),
    },
  },
  receipt: {
    method: 'GET',
    url: '/api/v1/nodes/:port/entries/:id/receipt',
    config: { changesState: false },
    schema: {
      tags: ['proofs'],
      operationId: 'entryReceipt',
      summary: 'A file that proves the entry to one who asks nobody',
      description:
        'For its lowest place, where it stands in several. `cairn verify` checks it, and so does the verifier page.',
      params: EntryParams,
      response: answers(200, 'A receipt.', ReceiptShape),
    },
  },
} as const;
