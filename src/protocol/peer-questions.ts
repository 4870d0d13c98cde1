/**
 * What peers ask a node for: answered from memory where it is at hand, or by an order to read it from the store.
 *
 * To answer changes nothing of what the node knows or follows, so who asks may be anybody who has greeted.
 */
import { assertNever } from '../core/assert.ts';
import type { AddressBook } from './address-book.ts';
import type { BlockShelf } from './block-shelf.ts';
import type { Effect } from './effects.ts';
import type { EntryRelay } from './entry-relay.ts';
import { ADDRESSES_PER_MESSAGE_MAX, HEADERS_PER_MESSAGE_MAX } from './limits.ts';
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';

export type PeerQuestion = Extract<Message, { readonly type: `get-${string}` | 'ping' }>;

/** Whether `message` is one that wants an answer. */
export function isQuestion(message: Message): message is PeerQuestion {
  return message.type.startsWith('get-') || message.type === 'ping';
}

export class PeerQuestions {
  readonly #shelf: BlockShelf;
  readonly #relay: EntryRelay;
  readonly #addresses: AddressBook;

  constructor(options: {
    readonly shelf: BlockShelf;
    readonly relay: EntryRelay;
    readonly addresses: AddressBook;
  }) {
    this.#shelf = options.shelf;
    this.#relay = options.relay;
    this.#addresses = options.addresses;
  }

  answer(peer: PeerSession, question: PeerQuestion): readonly Effect[] {
    const { id } = peer;
    switch (question.type) {
      case 'get-headers':
        return [{ type: 'serve-headers', peer: id, locator: question.locator, max: HEADERS_PER_MESSAGE_MAX }];
      case 'get-blocks':
        return [{ type: 'serve-blocks', peer: id, hashes: question.hashes }];
      case 'get-block-ids':
        return this.#shelf.idsAsked(peer, question.hash);
      case 'get-block-entries':
        return this.#shelf.entriesAsked(peer, question.hash, question.indexes);
      case 'get-chain-proof':
        return [{ type: 'serve-chain-proof', peer: id }];
      case 'get-header-proof':
        return [{ type: 'serve-header-proof', peer: id, tip: question.tip, heights: question.heights }];
      case 'get-entry-proof':
        return [{ type: 'serve-entry-proof', peer: id, tip: question.tip, id: question.id }];
      case 'get-entries':
        return this.#relay.entriesAsked(peer, question.ids);
      case 'get-peers': {
        const addresses = this.#addresses.shareable(ADDRESSES_PER_MESSAGE_MAX);
        return [{ type: 'send', peer: id, message: { type: 'peers', addresses } }];
      }
      case 'ping':
        return [{ type: 'send', peer: id, message: { type: 'pong', nonce: question.nonce } }];
      default:
        return assertNever(question);
    }
  }
}
