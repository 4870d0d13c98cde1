/** A block: a header, the hash of it, and the body that the header's data root fixes. */
import { type Body, dataRoot, entryIds } from './body.ts';
import type { Hash } from './hash.ts';
import { encodeHeader, type Header, hashHeader } from './header.ts';

export interface Block {
  readonly hash: Hash;
  readonly header: Header;
  readonly body: Body;
}

/** `header` and `body` with the hash that belongs to them. That they fit together is not checked here. */
export function createBlock(header: Header, body: Body): Block {
  return { hash: hashHeader(encodeHeader(header)), header, body };
}

/** Whether `body` is the one that `header` commits to: the genesis has its own shape, no other block has it. */
export function isBodyOf(header: Header, body: Body): boolean {
  const isGenesis = header.height === 0;
  return (body.shape === 'genesis') === isGenesis && header.dataRoot === dataRoot(body.shape, entryIds(body));
}
