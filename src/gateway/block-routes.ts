/** Reading a node's chain: pages of summaries, and blocks with tags by which a client need not fetch them twice. */
import type { FastifyReply } from 'fastify';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { BlockSummariesShape, type BlocksPage } from '../api/http-shapes.ts';
import { BlockViewShape } from '../api/shapes.ts';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { isFresh } from './entity-tag.ts';
import { memberText, readAnswer } from './node-answer.ts';
import { ask, type GatewayApp, type RouteParts, sendJson } from './node-call.ts';
import { problem } from './problem.ts';

export function addBlockRoutes(app: GatewayApp, parts: RouteParts): void {
  app.route({
    ...HTTP_ROUTES.blocks,
    handler: async (request, reply) => {
      const { port } = request.params;
      const { from, limit = PAGE_DEFAULT, step = 1, cursor } = request.query;
      const start = cursor === undefined ? { height: from } : parsePageCursor(cursor);
      const params = jsonValue({ from: start.height, limit, ...(step > 1 ? { step } : {}) });
      const { blocks } = readAnswer(BlockSummariesShape, await ask(parts, reply, { port, method: 'blocks', params }));
      if ('hash' in start && blocks[0]?.hash !== start.hash) {
        throw problem(
          'cursor-stale',
          'A reorganisation has replaced the block where this page begins: begin at the tip.',
        );
      }
      const last = blocks.at(-1);
      const hasNext = last !== undefined && last.height > 0 && step === 1;
      const next = hasNext ? `${last.height - 1}-${last.prev_hash}` : null;
      if (next !== null) {
        const path = HTTP_ROUTES.blocks.url.replace(':port', port);
        reply.header('link', `<${path}?limit=${limit}&cursor=${next}>; rel="next"`);
      }
      const page: BlocksPage = { blocks, next };
      return reply.send(page);
    },
  });

  app.route({
    ...HTTP_ROUTES.block,
    handler: async (request, reply) => {
      const view = await viewBlock(parts, reply, request.params);
      const { block, active, depth } = readAnswer(BlockViewShape, view);
      const tag = `"${block.hash}-${active ? depth : 'stale'}"`;
      return isFresh(request, reply, tag) ? reply : sendJson(reply, view);
    },
  });

  app.route({
    ...HTTP_ROUTES.canonicalBlock,
    handler: async (request, reply) => {
      const view = await viewBlock(parts, reply, request.params);
      const { block } = readAnswer(BlockViewShape, view);
      // What stands at a height may change; what has a hash does not.
      if (request.params.block === block.hash) reply.header('cache-control', 'max-age=31536000, immutable');
      return isFresh(request, reply, `"${block.hash}"`) ? reply : sendJson(reply, memberText(view, 'block'));
    },
  });
}

function viewBlock(
  parts: RouteParts,
  reply: FastifyReply,
  { port, block }: { readonly port: string; readonly block: string },
): Promise<JsonText> {
  const params = jsonValue(block.length === HASH_LENGTH ? { hash: block } : { height: Number(block) });
  return ask(parts, reply, { port, method: 'block', params });
}

/** The block with which a page begins. Its hash tells when the chain below the page before has changed. */
function parsePageCursor(text: string): { height: number; hash: string } {
  const [, height, hash] = PAGE_CURSOR_TEXT.exec(text) ?? [];
  if (height === undefined || hash === undefined) {
    throw problem('cursor-invalid', 'Send `next` of the page before as it came.');
  }
  return { height: Number(height), hash };
}

const PAGE_CURSOR_TEXT = /^(0|[1-9][0-9]{0,9})-([0-9a-f]{64})$/;
const PAGE_DEFAULT = 20;
const HASH_LENGTH = 64;
