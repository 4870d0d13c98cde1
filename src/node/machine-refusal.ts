/** What the machine does not do, told to whoever has asked for it. */
import type { Answer, RefusalFault } from '../protocol/effects.ts';
import { type Refusal, refused } from './rpc-call.ts';

/** `answer` as the error of a call. */
export function refusedBy(answer: Answer): Refusal {
  const fault: RefusalFault = answer.type === 'refused' ? answer.fault : { code: 'block-refused', reason: answer.type };
  const { code } = fault;
  const facts = code === 'entry-index-busy' ? { indexed_to: fault.indexedTo, height: fault.height } : fault;
  return refused(code, REFUSALS[code], facts);
}

const REFUSALS: Readonly<Record<RefusalFault['code'], string>> = {
  'pool-full': 'the pool of pending entries is full: wait until some are in blocks',
  'author-share-full': 'as many entries of this author wait as one author may have: wait until some are in blocks',
  'entry-index-busy':
    'whether these are in the chain already cannot be told yet: its index is being built; try again later',
  'mining-queue-full': 'too many blocks are waiting to be mined: wait until some are found',
  'block-refused': 'the block breaks a rule',
  'store-full': 'the disk of the node has no room left, and nothing was recorded: make room, then try again',
};
