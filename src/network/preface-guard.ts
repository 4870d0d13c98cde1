/**
 * What a stranger may say before encryption begins: messages of multistream-select, few and short.
 *
 * A message is an unsigned varint, its length, and then so many bytes, of which the last is a newline. The first message
 * names multistream-select, and each of those that follow proposes an encrypter, until one comes that we offer. What is
 * said from there on is for the encrypter to judge.
 *
 * libp2p has bounds like these, but looks at the length of a length only when it has ended: one that does not, say 0xff
 * for ever, it keeps, and decodes anew for each byte (seen with @libp2p/utils 7.4.1).
 */
import { fail, ok, type Result } from '../core/result.ts';

export type PrefaceFault =
  /** More than `LENGTH_BYTES_MAX`, more than `MESSAGE_BYTES_MAX`, or nothing at all. */
  | { readonly code: 'preface-length-invalid' }
  | { readonly code: 'preface-header-invalid' }
  | { readonly code: 'preface-newline-missing' }
  | { readonly code: 'preface-too-many-proposals' }
  | { readonly code: 'preface-too-long' };

/** `over` from the proposal of an encrypter that we offer. */
export type PrefaceState = 'under-way' | 'over';

/** Reads along with one inbound connection, until the preface is over or at fault. */
export class PrefaceGuard {
  readonly #proposals: ReadonlySet<string>;
  readonly #bytes = new Uint8Array(PREFACE_BYTES_MAX);
  #filledBytes = 0;
  /** Where the message begins that is being read. */
  #offset = 0;
  #messageCount = 0;

  /** `encrypters` are the protocol ids of those that we offer, e.g. `/noise`. */
  constructor(encrypters: Iterable<string>) {
    this.#proposals = new Set([...encrypters].map((id) => `${id}\n`));
  }

  /** Judges the next bytes, of which those after the preface do not matter. */
  read(chunk: Uint8Array): Result<PrefaceState, PrefaceFault> {
    const taken = chunk.subarray(0, PREFACE_BYTES_MAX - this.#filledBytes);
    this.#bytes.set(taken, this.#filledBytes);
    this.#filledBytes += taken.length;
    for (;;) {
      const message = this.#nextMessage();
      if (!message.ok) return message;
      if (message.value === undefined) break;
      const state = this.#judge(message.value);
      if (!state.ok || state.value === 'over') return state;
    }
    return this.#filledBytes === PREFACE_BYTES_MAX ? fail({ code: 'preface-too-long' }) : ok('under-way');
  }

  #judge(message: string): Result<PrefaceState, PrefaceFault> {
    this.#messageCount += 1;
    if (!message.endsWith('\n')) return fail({ code: 'preface-newline-missing' });
    if (this.#messageCount === 1)
      return message === HEADER ? ok('under-way') : fail({ code: 'preface-header-invalid' });
    if (this.#proposals.has(message)) return ok('over');
    const proposalCount = this.#messageCount - 1;
    return proposalCount < PROPOSALS_MAX ? ok('under-way') : fail({ code: 'preface-too-many-proposals' });
  }

  /** The message that begins at the offset, once all of it is there. */
  #nextMessage(): Result<string | undefined, PrefaceFault> {
    const [low, high] = this.#bytes.subarray(this.#offset, this.#filledBytes);
    if (low === undefined) return ok(undefined);
    let lengthBytes = 1;
    let length = low;
    if (low >= CONTINUED) {
      if (high === undefined) return ok(undefined);
      if (high >= CONTINUED) return fail({ code: 'preface-length-invalid' });
      lengthBytes = LENGTH_BYTES_MAX;
      length = low - CONTINUED + high * CONTINUED;
    }
    if (length === 0 || length > MESSAGE_BYTES_MAX) return fail({ code: 'preface-length-invalid' });
    const start = this.#offset + lengthBytes;
    const end = start + length;
    if (end > this.#filledBytes) return ok(undefined);
    this.#offset = end;
    return ok(String.fromCharCode(...this.#bytes.subarray(start, end)));
  }
}

const HEADER = '/multistream/1.0.0\n';
/** The bit of a varint's byte that says that another one follows, and what the second byte counts in. */
const CONTINUED = 0x80;
const LENGTH_BYTES_MAX = 2;
const MESSAGE_BYTES_MAX = 1024;
const PROPOSALS_MAX = 8;
const PREFACE_BYTES_MAX = 4096;
