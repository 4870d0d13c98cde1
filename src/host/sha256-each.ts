/**
 * `sha256Each` of `src/core/host.d.ts`: by generated WebAssembly that hashes four messages side by side, and one message
 * after the other where that cannot run or has nothing to gain (docs/decisions/0019-hashing-in-lanes.md).
 */
import { CHUNK_FORMS, createSha256Lanes, FORM_SIZE, LANES, MESSAGES_ADDRESS } from '../codegen/sha256-lanes.ts';

type Sha256Into = (data: Uint8Array, out: Uint8Array, offset: number) => void;
type Sha256Each = (messages: Uint8Array, messageBytes: number, tag: number | undefined, out: Uint8Array) => void;

/** `sha256Into` is the host's own hash of one message. The code for many is written and loaded when it is first wanted. */
export function createSha256Each(sha256Into: Sha256Into): Sha256Each {
  let lanes: Lanes | undefined | 'not-loaded' = 'not-loaded';
  return (messages, messageBytes, tag, out) => {
    const count = messages.length / messageBytes;
    if (lanes === 'not-loaded' && count >= COUNT_WORTH_LOADING) lanes = loadLanes(sha256Into);
    if (typeof lanes === 'object' && count >= COUNT_WORTH_LANES && lanes.takes(messageBytes, tag)) {
      lanes.hashEach(messages, messageBytes, tag, out);
    } else {
      hashOneByOne(sha256Into, messages, messageBytes, tag, out);
    }
  };
}

function hashOneByOne(
  sha256Into: Sha256Into,
  messages: Uint8Array,
  messageBytes: number,
  tag: number | undefined,
  out: Uint8Array,
): void {
  const tagBytes = tag === undefined ? 0 : 1;
  if (input.length !== tagBytes + messageBytes) input = new Uint8Array(tagBytes + messageBytes);
  const message = input;
  if (tag !== undefined) message[0] = tag;
  for (let i = 0; i * messageBytes < messages.length; i++) {
    message.set(messages.subarray(i * messageBytes, (i + 1) * messageBytes), tagBytes);
    sha256Into(message, out, i * HASH_SIZE);
  }
}

/** The loaded module, and the form of messages that its memory is set up for. */
class Lanes {
  readonly #memory: Uint8Array;
  readonly #forms: DataView;
  readonly #hash: (...parameters: readonly number[]) => unknown;
  #form = '';
  #chunks = 0;

  constructor(memory: ArrayBuffer, hash: (...parameters: readonly number[]) => unknown) {
    this.#memory = new Uint8Array(memory);
    this.#forms = new DataView(memory);
    this.#hash = hash;
  }

  takes(messageBytes: number, tag: number | undefined): boolean {
    return messageBytes >= HASH_SIZE && chunksOf(messageBytes, tag) <= CHUNK_FORMS;
  }

  hashEach(messages: Uint8Array, messageBytes: number, tag: number | undefined, out: Uint8Array): void {
    this.#setForm(messageBytes, tag);
    const shift = tag === undefined ? 0 : 1;
    // Room is left behind the last message: what is read of it goes to the end of its last chunk.
    const room = this.#memory.length - MESSAGES_ADDRESS - LANES * messageBytes - CHUNK_SIZE;
    const atOnce = Math.floor(room / messageBytes);
    const count = messages.length / messageBytes;
    for (let first = 0; first < count; first += atOnce) {
      const some = Math.min(atOnce, count - first);
      this.#memory.set(messages.subarray(first * messageBytes, (first + some) * messageBytes), MESSAGES_ADDRESS);
      this.#hash(messageBytes, shift, this.#chunks, Math.ceil(some / LANES));
      out.set(this.#memory.subarray(MESSAGES_ADDRESS, MESSAGES_ADDRESS + some * HASH_SIZE), first * HASH_SIZE);
    }
  }

  /** Padding is the same for all messages of a length (RFC 6234 §4.1), and so is the tag: it takes the place of a byte. */
  #setForm(messageBytes: number, tag: number | undefined): void {
    const form = `${messageBytes} ${tag}`;
    if (form === this.#form) return;
    this.#form = form;
    this.#chunks = chunksOf(messageBytes, tag);
    const sizeBytes = messageBytes + (tag === undefined ? 0 : 1);
    const masks = new Uint8Array(this.#chunks * CHUNK_SIZE).fill(0xff, 0, sizeBytes);
    const padding = new Uint8Array(this.#chunks * CHUNK_SIZE);
    if (tag !== undefined) {
      masks[0] = 0;
      padding[0] = tag;
    }
    padding[sizeBytes] = 0x80;
    new DataView(padding.buffer).setUint32(padding.length - 4, 8 * sizeBytes);
    for (let at = 0; at < masks.length; at += 4) {
      const place = Math.floor(at / CHUNK_SIZE) * FORM_SIZE + (at % CHUNK_SIZE);
      this.#forms.setUint32(place, new DataView(masks.buffer).getUint32(at), true);
      this.#forms.setUint32(place + CHUNK_SIZE, new DataView(padding.buffer).getUint32(at), true);
    }
  }
}

function chunksOf(messageBytes: number, tag: number | undefined): number {
  return Math.ceil((messageBytes + (tag === undefined ? 0 : 1) + PADDING_LEAST) / CHUNK_SIZE);
}

/** Undefined where WebAssembly is missing, is not allowed, has no vectors, or hashes otherwise than the host does. */
function loadLanes(sha256Into: Sha256Into): Lanes | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const { memory, hash } = new WebAssembly.Instance(new WebAssembly.Module(createSha256Lanes())).exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof hash !== 'function') return undefined;
    const lanes = new Lanes(memory.buffer, (...parameters) => hash(...parameters));
    return isRight(lanes, sha256Into) ? lanes : undefined;
  } catch {
    // A policy of the page, an engine without vectors or without a compiler.
    return undefined;
  }
}

function isRight(lanes: Lanes, sha256Into: Sha256Into): boolean {
  const messages = Uint8Array.from({ length: 7 * 150 }, (_, i) => (i * i) >>> 3);
  const expected = new Uint8Array(7 * HASH_SIZE);
  const hashes = new Uint8Array(7 * HASH_SIZE);
  hashOneByOne(sha256Into, messages, 150, 0x5a, expected);
  lanes.hashEach(messages, 150, 0x5a, hashes);
  return hashes.every((byte, i) => byte === expected[i]);
}

const HASH_SIZE = 32;
const CHUNK_SIZE = 64;
/** A byte that ends the message, and its length in bits. */
const PADDING_LEAST = 9;

/** What was hashed by itself last: to allocate it each time takes as long as to hash it. */
let input = new Uint8Array(0);

/** To load the code takes as long as to hash some ten thousand messages: who has a few once in a while does not. */
const COUNT_WORTH_LOADING = 64;
/** Four lanes take about as long as one call for each of two messages. */
const COUNT_WORTH_LANES = 2;

/** What is used of the WebAssembly JavaScript Interface: TypeScript has it among the types of browsers alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
