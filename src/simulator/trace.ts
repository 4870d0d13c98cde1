/**
 * All that happens in a world as lines of text, and one hash over them: the same seed, the same program, the same hash.
 * What a machine is told and what it wants is in it by its kind and its most telling facts; that nothing happens is not.
 */
import { createHash } from 'node:crypto';
import type { Effect, Input } from '../protocol/effects.ts';
import type { Message } from '../protocol/message.ts';
import type { ChainChange } from '../storage/chain-store.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { WorldObserver } from './world-observer.ts';

export class Trace implements WorldObserver {
  readonly #startMs: number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #hash = createHash('sha256');
  #lines = '';

  /** `print` is given every line. */
  constructor(startMs: number, print?: (line: string) => void) {
    this.#startMs = startMs;
    this.#print = print;
  }

  /** Of everything so far. */
  digest(): string {
    this.#hashLines();
    return this.#hash.copy().digest('hex');
  }

  /** Something that the world itself does. */
  note(nowMs: number, text: string): void {
    const line = `${((nowMs - this.#startMs) / 1000).toFixed(3)} ${text}\n`;
    this.#lines += line;
    if (this.#lines.length > HASHED_AT_ONCE) this.#hashLines();
    this.#print?.(line.slice(0, -1));
  }

  handled(node: SimulatedNode, input: Input, effects: readonly Effect[], nowMs: number): void {
    if (effects.length === 0 && input.type === 'tick') return;
    const told = effects.map(effectText).join(', ');
    this.note(nowMs, `${node.id} ${inputText(input)}${told === '' ? '' : ` -> ${told}`}`);
  }

  #hashLines(): void {
    this.#hash.update(this.#lines);
    this.#lines = '';
  }
}

function inputText(input: Input): string {
  switch (input.type) {
    case 'message-received':
      return `${input.peer} says ${messageText(input.message)}`;
    case 'message-malformed':
      return `${input.peer} says what is no message: ${input.fault.code}`;
    case 'peer-connected':
      return `${input.peer} connects, ${input.direction}`;
    case 'peer-disconnected':
      return `${input.peer} is gone: ${input.reason}`;
    case 'committed':
      return `committed, ${input.removed.length} removed, ${input.returned.length} returned, ${input.included.length} included`;
    case 'entries-submitted':
      return `submitted ${input.entries.map(({ id }) => short(id)).join(' ')}`;
    case 'nonce-found':
      return `found ${input.nonce} for job ${input.job}`;
    case 'block-damaged':
      return `damaged ${short(input.point.hash)}`;
    case 'address-known':
    case 'dial-succeeded':
    case 'dial-failed':
      return `${input.type} ${input.address}`;
    case 'mine-requested':
    case 'request-cancelled':
    case 'blocks-offered':
      return `${input.type} ${input.request}`;
    case 'branch-point-loaded':
      return `${input.type} ${short(input.hash)} ${input.point === undefined ? 'nowhere' : input.point.header.height}`;
    case 'pending-loaded':
      return `${input.type} ${input.entries.length}`;
    default:
      return input.type;
  }
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case 'send':
      return `to ${effect.peer} ${messageText(effect.message)}`;
    case 'commit':
      return `commit ${changeText(effect.change)}`;
    case 'search':
      return `search ${effect.job} at ${effect.header.height} ${effect.header.timestamp}`;
    case 'notify':
      return effect.event.type === 'block-added' ? `added ${short(effect.event.hash)}` : effect.event.type;
    case 'answer':
      return `answer ${effect.request} ${effect.answer.type}`;
    case 'report':
      return `report ${effect.code} ${Object.values(effect.facts).join(' ')}`;
    case 'dial':
      return `dial ${effect.address}`;
    case 'disconnect':
      return `disconnect ${effect.peer}: ${effect.note}`;
    case 'serve-blocks':
      return `serve ${effect.peer} ${effect.hashes.map(short).join(' ')}`;
    default:
      return effect.type;
  }
}

function messageText(message: Message): string {
  switch (message.type) {
    case 'hello':
      return `hello ${short(message.tip.hash)}`;
    case 'get-headers':
      return `get-headers ${short(message.locator[0] ?? '')} ${message.locator.length}`;
    case 'headers':
      return `headers ${message.headers.length}`;
    case 'get-blocks':
    case 'not-found':
      return `${message.type} ${message.hashes.map(short).join(' ')}`;
    case 'block':
    case 'get-block-ids':
    case 'block-ids':
    case 'get-block-entries':
    case 'block-entries':
      return `${message.type} ${short(message.hash)}`;
    case 'inventory':
    case 'get-entries':
      return `${message.type} ${message.ids.map(short).join(' ')}`;
    case 'entries':
      return `entries ${message.arrayBytes.length}`;
    case 'goodbye':
      return `goodbye ${message.code}`;
    default:
      return message.type;
  }
}

function changeText({ blocks, pendingAdded, activate }: ChainChange): string {
  const hashes = blocks.map(({ block }) => short(block.hash)).join(' ');
  const branch = activate === undefined ? '' : ` above ${activate.forkHeight}`;
  return `${hashes} and ${pendingAdded.length} entries${branch}`;
}

function short(hash: string): string {
  return hash.slice(0, 8);
}

/** In characters. */
const HASHED_AT_ONCE = 65_536;
