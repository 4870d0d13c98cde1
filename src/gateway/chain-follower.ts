/**
 * Follows the active chain of a node from a cursor on: what has been removed since, then what has been added.
 *
 * A follower that asks the node where it stands needs no memory of its own and misses nothing. So a resumed stream, a
 * subscription that lost notifications, and a reorganisation in the midst of a replay are all the same case: walk from
 * the cursor to an active block, and from there to the tip.
 */
import { BLOCKS_PAGE_MAX, BlockSummariesShape } from '../api/http-shapes.ts';
import type { RpcMethod } from '../api/rpc.ts';
import { BlockViewShape, type LedgerEvent, NodeStatusShape } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { type Hash, parseHash, ZERO_HASH } from '../core/hash.ts';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { RpcCallError } from '../probe/probe-client.ts';
import type { EventCursor } from './event-cursor.ts';
import { readAnswer } from './node-answer.ts';
import { isAbsence, type Problem, problem } from './problem.ts';

/** Puts a question to the node that is followed. */
export type Ask = (method: RpcMethod, params: JsonText) => Promise<JsonText>;

/** An event and, for events of blocks, the cursor that stands behind it. */
export interface FollowedEvent {
  readonly event: LedgerEvent;
  readonly cursor?: EventCursor;
}

export class ChainFollower {
  readonly #ask: Ask;
  #cursor: EventCursor;

  private constructor(ask: Ask, cursor: EventCursor) {
    this.#ask = ask;
    this.#cursor = cursor;
  }

  /** A follower at `cursor`, or at the tip. Throws the problem `cursor-stale` when the node does not know the block. */
  static async start(ask: Ask, cursor?: EventCursor): Promise<ChainFollower> {
    if (cursor === undefined) {
      const { tip } = readAnswer(NodeStatusShape, await ask('status', jsonValue({})));
      return new ChainFollower(ask, { height: tip.height, hash: hashOf(tip.hash), position: 'added' });
    }
    const follower = new ChainFollower(ask, cursor);
    const { height } = await follower.#lookUp(cursor.hash);
    if (height !== cursor.height) throw staleCursor();
    return follower;
  }

  get cursor(): EventCursor {
    return this.#cursor;
  }

  /** What has come to pass between the cursor and the tip. The cursor moves as events are taken. */
  async *catchUp(): AsyncGenerator<FollowedEvent, void, undefined> {
    for (let stalls = 0; stalls < STALLS_MAX; ) {
      const { height, hash, position } = this.#cursor;
      const place = await this.#lookUp(hash);
      if (position === 'removed') {
        this.#cursor = place.parent;
      } else if (!place.active) {
        // The walk ends at the genesis, which is always active.
        yield this.#moveTo({ height, hash, position: 'removed' }, { type: 'block-removed', height, hash });
      } else if (place.depth === 0) {
        return;
      } else {
        yield* this.#page(Math.min(place.depth, BLOCKS_PAGE_MAX));
        stalls = this.#cursor.hash === hash ? stalls + 1 : 0;
      }
    }
    throw problem('probe-protocol', 'The node says that blocks stand on this one, and does not tell which.');
  }

  /** What `event`, as the node tells it now, means to somebody at the cursor. */
  async *take(event: LedgerEvent): AsyncGenerator<FollowedEvent, void, undefined> {
    switch (event.type) {
      case 'block-added':
        if (this.#cursor.position === 'added' && event.prev_hash === this.#cursor.hash) {
          yield this.#moveTo({ height: event.height, hash: hashOf(event.hash), position: 'added' }, event);
        } else {
          yield* this.catchUp();
        }
        return;
      case 'block-removed':
        yield* this.catchUp();
        return;
      default:
        yield { event };
    }
  }

  /** The next `count` blocks, as far as they stand on the cursor: the chain may change between two questions. */
  async *#page(count: number): AsyncGenerator<FollowedEvent, void, undefined> {
    const from = this.#cursor.height + count;
    const answer = readAnswer(BlockSummariesShape, await this.#ask('blocks', jsonValue({ from, limit: count })));
    for (const { height, hash, prev_hash, time, entries } of answer.blocks.toReversed()) {
      if (prev_hash !== this.#cursor.hash) return;
      const event = { type: 'block-added', height, hash, prev_hash, time, entries } as const;
      yield this.#moveTo({ height, hash: hashOf(hash), position: 'added' }, event);
    }
  }

  #moveTo(cursor: EventCursor, event: LedgerEvent): FollowedEvent {
    this.#cursor = cursor;
    return { event, cursor };
  }

  async #lookUp(hash: Hash): Promise<{ height: number; active: boolean; depth: number; parent: EventCursor }> {
    const { active, depth, block } = readAnswer(BlockViewShape, await this.#view(hash));
    const parent = block.index === 0 ? ZERO_HASH : hashOf(block.prev_hash);
    return { height: block.index, active, depth, parent: { height: block.index - 1, hash: parent, position: 'added' } };
  }

  async #view(hash: Hash): Promise<JsonText> {
    try {
      return await this.#ask('block', jsonValue({ hash }));
    } catch (error) {
      if (!(error instanceof RpcCallError && isAbsence(error.rpc.data.code))) throw error;
      throw staleCursor(error);
    }
  }
}

function staleCursor(cause?: unknown): Problem {
  return problem('cursor-stale', 'The node does not know the block that the cursor names: begin without a cursor.', {
    cause,
  });
}

function hashOf(text: string): Hash {
  return assertPresent(parseHash(text), 'the shape of an answer says that this is a hash');
}

/** Each is a reorganisation between two questions; so many in a row are none. */
const STALLS_MAX = 8;
