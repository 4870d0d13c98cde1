/** The JSON-RPC method that looks for a text in entries. */
import type { Search } from '../api/search-shapes.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { searchChain, searchPending } from './entry-search.ts';
import { invalidParams, type Params, plain, readInteger, readString } from './rpc-call.ts';
import { TextPattern } from './text-pattern.ts';

/** Without `before_height` among the entries that wait, too, and then from the tip down. */
export async function answerSearch(
  parts: { readonly store: ChainStore; readonly machine: FullNode; readonly params: NetworkParams },
  params: Params,
  session: ProbeSession,
): Promise<RpcAnswer> {
  const { store, machine } = parts;
  const text = readString(params, 'text') ?? '';
  if (text === '' || text.length > TEXT_CHARACTERS_MAX) {
    throw invalidParams(`\`text\` is not a text of 1 to ${TEXT_CHARACTERS_MAX} characters`);
  }
  const matchesMax = readInteger(params, 'limit', { max: MATCHES_MAX }) ?? MATCHES_DEFAULT;
  if (matchesMax === 0) throw invalidParams('`limit` is 0: name at least 1');
  const before = readInteger(params, 'before_height', { max: 2 ** 32 - 1 });
  const options = { pattern: new TextPattern(text), matchesMax, signal: session.closed };
  const entries = before === undefined ? machine.pool.stored() : [];
  const waiting = await searchPending({ ...options, entries });
  const tipHeight = machine.tip.header.height;
  const from = before === undefined ? tipHeight : Math.min(before - 1, tipHeight);
  const found = await searchChain({ ...options, store, params: parts.params, from });
  const search: Search = {
    matches: [...found.matches],
    pending: [...waiting.matches],
    searched_down_to: found.searchedDownTo,
    omitted: found.omitted + waiting.omitted,
  };
  return plain(search);
}

const TEXT_CHARACTERS_MAX = 256;
const MATCHES_DEFAULT = 20;
const MATCHES_MAX = 100;
