/** What a peer says that knows the chains: to a question, and of itself. */

import { assertPresent } from '../../../src/core/assert.ts';
import { entryBytes, entryIds } from '../../../src/core/body.ts';
import type { ChainPoint } from '../../../src/core/validation.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../../src/protocol/limits.ts';
import { joinEntries, type Message } from '../../../src/protocol/message.ts';
import type { BuiltChain } from '../../../test/support/chain-fixture.ts';
import { encodeRun } from '../../../test/support/header-bytes.ts';
import { BLOCKS_BY_HASH, ENTRIES, GENESIS, PARAMS } from './known-chains.ts';

export function helloOf(tip: ChainPoint): Message & { type: 'hello' } {
  return {
    type: 'hello',
    genesis: GENESIS.hash,
    network: PARAMS.name,
    agent: 'played/1',
    tip: { hash: tip.hash, height: tip.header.height, work: tip.work },
    addresses: [],
  };
}

/** The answers to `question` of an honest peer whose chain is `chain`; none where it asks nothing. */
export function answersTo(question: Message, chain: BuiltChain): Message[] {
  switch (question.type) {
    case 'get-headers': {
      const hashes = [GENESIS.hash, ...chain.blocks.map(({ hash }) => hash)];
      const start = hashes.indexOf(question.locator.find((hash) => hashes.includes(hash)) ?? GENESIS.hash);
      const run = chain.blocks.slice(start, start + HEADERS_PER_MESSAGE_MAX);
      return [{ type: 'headers', headers: encodeRun(run.map(({ header }) => header)) }];
    }
    case 'get-blocks': {
      const missing = question.hashes.filter((hash) => !BLOCKS_BY_HASH.has(hash));
      const bodies = question.hashes.flatMap((hash): Message[] => {
        const block = BLOCKS_BY_HASH.get(hash);
        return block === undefined ? [] : [{ type: 'block', hash, bodyBytes: block.body.bytes }];
      });
      return missing.length === 0 ? bodies : [...bodies, { type: 'not-found', hashes: missing }];
    }
    case 'get-block-ids': {
      const { hash } = question;
      const body = BLOCKS_BY_HASH.get(hash)?.body;
      if (body === undefined || body.shape === 'genesis') return [{ type: 'not-found', hashes: [hash] }];
      return [{ type: 'block-ids', hash, shape: body.shape, ids: entryIds(body) }];
    }
    case 'get-block-entries': {
      const { hash, indexes } = question;
      const body = BLOCKS_BY_HASH.get(hash)?.body;
      if (body === undefined) return [{ type: 'not-found', hashes: [hash] }];
      return [
        { type: 'block-entries', hash, arrayBytes: joinEntries(indexes.map((index) => entryBytes(body, index))) },
      ];
    }
    case 'get-entries': {
      const wanted = question.ids.flatMap((id) => ENTRIES.find((entry) => entry.id === id) ?? []);
      return [{ type: 'entries', arrayBytes: joinEntries(wanted.map(({ bytes }) => bytes)) }];
    }
    case 'get-peers':
      return [{ type: 'peers', addresses: ['/ip4/192.0.2.77/tcp/4001'] }];
    case 'ping':
      return [{ type: 'pong', nonce: question.nonce }];
    default:
      return [];
  }
}

/** The place of a block on its chain. */
export function pointAt(chain: BuiltChain, height: number): ChainPoint {
  return height === 0 ? GENESIS : assertPresent(chain.points[height - 1], 'the chain is as long');
}
