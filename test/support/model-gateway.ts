/** A gateway that is a function, before a node whose chain a test changes as it likes. */
import assert from 'node:assert/strict';
import { encodeBlockJson } from '../../src/core/block-json.ts';
import { type Hash, parseHash } from '../../src/core/hash.ts';
import { readMembers } from '../../src/core/json-text.ts';
import { encodeParams } from '../../src/core/params.ts';
import { headerProofToJson } from '../../src/core/proof-json.ts';
import type { FollowedChain } from '../../src/node/followed-chain.fixture.ts';
import { answerEntryProofs } from '../../src/node/proof-calls.ts';
import { ProofDesk } from '../../src/node/proof-desk.ts';
import { type Params, Refusal } from '../../src/node/rpc-call.ts';
import type { RpcAnswer } from '../../src/probe/probe-server.ts';

/** What a gateway answers that stands before a node with this chain. */
export function gatewayOf(chain: FollowedChain, together: number, counts = { together: 0, refused: 0 }): typeof fetch {
  const { params, store, machine } = chain;
  const proofs = new ProofDesk({ store, tip: () => machine.tip.hash });
  const parts = { machine, runtime: { proofs } };

  async function answer(url: URL): Promise<Response> {
    const path = url.pathname.replace('/api/v1/nodes/1/', '');
    const [, block, kind] = /^blocks\/([0-9a-f]+)\/(proof|canonical)$/.exec(path) ?? [];
    const tip = url.searchParams.get('tip') ?? undefined;
    if (path === 'params') return new Response(encodeParams(params));
    if (path === 'chain-proof') return new Response(bytesOf((await store.chainProof()).bytes));
    if (path === 'records/stream') return streamOf(chain, url.searchParams, together);
    if (path === 'entry-proofs') {
      const ids = url.searchParams.getAll('id');
      if (ids.length > 1) counts.together++;
      return answered(await answerEntryProofs(parts, asParams({ ids, tip })));
    }
    const hash = parseHash(block ?? '');
    if (kind === 'proof') return proofOf(hash, parseHash(tip ?? ''));
    assert.equal(kind, 'canonical', path);
    const stored = await (hash === undefined ? store.blockAt(Number(block)) : store.blockByHash(hash));
    return stored === undefined ? refused('block-not-found') : new Response(bytesOf(encodeBlockJson(stored.block)));
  }

  async function proofOf(hash: Hash | undefined, tip: Hash | undefined): Promise<Response> {
    assert.ok(hash !== undefined && tip !== undefined);
    const point = await store.pointOf(hash);
    if (point === undefined) return refused('block-not-found');
    const proof = await proofs.headerProof({ tip, heights: [point.header.height] });
    return proof.ok ? Response.json(headerProofToJson(proof.value)) : refused(proof.fault.code);
  }

  function refused(code: string): Response {
    counts.refused++;
    return Response.json({ code }, { status: 422 });
  }

  return async (input, init) => {
    init?.signal?.throwIfAborted();
    try {
      return await answer(new URL(String(input)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error.rpc.data.code);
    }
  };
}

/** Server-sent events: those of one page come together. Where all is told, it says so, as often as it is read. */
function streamOf(chain: FollowedChain, query: URLSearchParams, together: number): Response {
  const id = query.get('id');
  const filter = id === null ? {} : { id };
  let after = query.get('after');
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { events, cursor, tip, caught_up } = await chain.follow({ after, limit: together, filter });
    const told = [...events, ...(caught_up ? [{ type: 'position', cursor, tip, caught_up }] : [])];
    after = cursor;
    const text = told.map((event) => `id: ${event.cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    controller.enqueue(new TextEncoder().encode(`: a page\n\n${text.join('')}`));
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

function answered(answer: RpcAnswer): Response {
  assert.equal(answer.type, 'result');
  return new Response(answer.json);
}

function asParams(params: object): Params {
  const members = readMembers(JSON.stringify(params));
  assert.ok(members.ok);
  return members.value;
}

function bytesOf(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes ?? assert.fail('the chain can be proved'));
}
