/** Tags by which a client need not fetch twice what it holds (RFC 9110 §8.8.3, §13.1.2). */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Tags the reply. Where the client holds what has this tag, answers so and says true. */
export function isFresh(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('etag', tag);
  const held = request.headers['if-none-match'];
  if (held === undefined) return false;
  const tags = held.split(',').map((text) => text.trim().replace(/^W\//, ''));
  if (!tags.includes(tag) && held.trim() !== '*') return false;
  void reply.code(304).send();
  return true;
}
