/**
 * The JSON-RPC method that streams records: a page of what is to be told next, and a wait where there is nothing
 * (docs/spec/streams.md). Whoever asks sets the pace, and the node keeps nothing between two calls.
 */
import { FOLLOW_EVENTS_MAX, FOLLOW_WAIT_S_MAX } from '../api/follow-shapes.ts';
import { parseRecordCursor, STREAM_START } from '../api/record-cursor.ts';
import { assertPresent } from '../core/assert.ts';
import { entryCount } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { ChainNews, type NewsSource } from './chain-news.ts';
import { readFilter } from './filter-param.ts';
import { cursorOf, type RecordPage, readRecordPage } from './record-page.ts';
import { type CursorFault, findStart, type WalkedStore, type WalkStart } from './record-walk.ts';
import { invalidParams, type Params, type Refusal, readInteger, readString, refused, result } from './rpc-call.ts';

/** What `follow` needs of a node. */
export interface FollowedNode {
  readonly params: NetworkParams;
  readonly store: WalkedStore & Pick<ChainStore, 'blockAt'>;
  readonly machine: { readonly tip: { readonly hash: Hash; readonly header: { readonly height: number } } };
  readonly runtime: NewsSource;
}

/** From a cursor, from the start, or after what stands now. */
export async function answerFollow(node: FollowedNode, params: Params, session: ProbeSession): Promise<RpcAnswer> {
  const eventsMax = readInteger(params, 'limit', { max: FOLLOW_EVENTS_MAX }) ?? EVENTS_DEFAULT;
  if (eventsMax === 0) throw invalidParams('`limit` is 0: name at least 1');
  const waitS = readInteger(params, 'wait_s', { max: FOLLOW_WAIT_S_MAX }) ?? 0;
  const filter = readFilter(params);
  let start = await readStart(node, params);
  const news = new ChainNews(node.runtime);
  const patience = waitFor(waitS, session.closed);
  try {
    for (;;) {
      const changed = news.next();
      const page = await readRecordPage(node, start, { filter, eventsMax, signal: session.closed });
      if (page.events.length > 0 || !page.isCaughtUp || patience.isOver) return answer(node, page);
      await Promise.race([changed, patience.over]);
      session.closed.throwIfAborted();
      start = page.end;
    }
  } finally {
    news.stop();
    patience.end();
  }
}

function answer({ machine }: FollowedNode, { events, end, isCaughtUp }: RecordPage): RpcAnswer {
  const { hash, header } = isCaughtUp ? end.block : machine.tip;
  return result(
    jsonObject({
      events: jsonArray(events),
      cursor: jsonValue(cursorOf(end)),
      tip: jsonValue({ height: header.height, hash }),
      caught_up: jsonValue(isCaughtUp),
    }),
  );
}

async function readStart({ store, machine }: FollowedNode, params: Params): Promise<WalkStart> {
  if (!params.has('after')) {
    const tip = assertPresent(await store.blockByHash(machine.tip.hash), 'the tip is stored');
    return { block: tip.block, position: entryCount(tip.block.body) };
  }
  const text = readString(params, 'after');
  if (text === STREAM_START) {
    const genesis = assertPresent(await store.blockAt(0), 'the genesis is stored');
    return { block: genesis.block, position: 0 };
  }
  const cursor = parseRecordCursor(text ?? '');
  if (cursor === undefined) {
    const message = '`after` is no cursor: send one as it came, or "start", or leave it out to hear what is new';
    throw refused('cursor-invalid', message);
  }
  const start = await findStart(store, cursor);
  if (!start.ok) throw refusedCursor(start.fault);
  return start.value;
}

function refusedCursor(fault: CursorFault): Refusal {
  switch (fault.code) {
    case 'cursor-stale':
      return refused(
        fault.code,
        'this node does not know the block that the cursor names: ask the node that gave it, or begin anew from "start"',
        { hash: fault.hash },
      );
    case 'cursor-invalid': {
      const { height, entries } = fault;
      const message = `the block that the cursor names is at height ${height} and has ${entries} entries: send a cursor as it came`;
      return refused(fault.code, message, { height, entries });
    }
  }
}

/** How long a caller waits: until the time is up, or he is gone. */
function waitFor(
  seconds: number,
  closed: AbortSignal,
): { readonly over: Promise<void>; readonly isOver: boolean; end(): void } {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let isOver = seconds === 0;
  const finish = () => {
    isOver = true;
    resolve();
  };
  const timer = setTimeout(finish, seconds * 1_000);
  closed.addEventListener('abort', finish, { once: true });
  return {
    over,
    get isOver() {
      return isOver;
    },
    end() {
      clearTimeout(timer);
      closed.removeEventListener('abort', finish);
    },
  };
}

const EVENTS_DEFAULT = 100;
