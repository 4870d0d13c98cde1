/** The JSON-RPC method that tells what waits for a block. */
import { type Did, parseDid } from '../core/did-key.ts';
import { entryText } from '../core/entry-form.ts';
import { type JsonText, jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import { authorNames } from '../protocol/entry-pool.ts';
import type { FullNode } from '../protocol/full-node.ts';
import { invalidParams, type Params, readInteger, readString, result } from './rpc-call.ts';

/** `pending`: see `RPC_METHODS`. All of it is of one moment: what is not listed is on the chain up to `tip`, or is `more`. */
export function answerPending({ pool, tip }: Pick<FullNode, 'pool' | 'tip'>, params: Params): RpcAnswer {
  const limit = readInteger(params, 'limit', { max: PENDING_MAX }) ?? PENDING_DEFAULT;
  const author = readAuthor(params);
  const entries: JsonText[] = [];
  // Others wait on disk, whose authors nobody knows here.
  let hasMore = !pool.isAll;
  for (const entry of pool.stored()) {
    if (author !== undefined && !authorNames(entry).includes(author)) continue;
    if (entries.length >= limit) {
      hasMore = true;
      break;
    }
    const { id, bytes } = entry;
    entries.push(jsonObject({ id: jsonValue(id), data: entryText(bytes) }));
  }
  return result(
    jsonObject({
      count: jsonValue(pool.count),
      size_bytes: jsonValue(pool.sizeBytes),
      tip: jsonValue({ height: tip.header.height, hash: tip.hash }),
      entries: jsonArray(entries),
      more: jsonValue(hasMore),
    }),
  );
}

function readAuthor(params: Params): Did | undefined {
  if (!params.has('author')) return undefined;
  const author = parseDid(readString(params, 'author') ?? '');
  if (author === undefined) throw invalidParams('`author` is not the name of an author: did:key:z6Mk…');
  return author;
}

const PENDING_DEFAULT = 100;
const PENDING_MAX = 1_000;
