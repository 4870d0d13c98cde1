/**
 * An author: signs entries, one after the other, so that all that it has ever signed in the network can be shown to be all
 * (docs/spec/authors.md). What it must not forget is handed to `save` before anything is sent.
 */
import { encodeUtf8 } from '#host';
import type { Signer } from '../core/ed25519.ts';
import { parseHash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { draftSigned, type EntryDraft } from './entry-draft.ts';
import { LedgerError } from './ledger-error.ts';

/** What an author has to keep: plain JSON. */
export interface AuthorState {
  /** How many statements it has signed in this network. */
  readonly sequence: number;
  /** The last of them; null where there is none. */
  readonly previous: string | null;
  /** Signed, and not yet known to have arrived: sent first, and word by word, when the author appends again. */
  readonly unsent: readonly string[];
}

/** How an author begins, and where it keeps how far it is. */
export interface AuthorOptions {
  /**
   * What was saved last. Without it the author is taken from what is on record, which needs a node with `--records`: fine for a program
   * that signs nowhere else and has nothing under way.
   */
  readonly state?: AuthorState | undefined;
  /** Keeps the state, durably: what two programs sign under one number is evidence against the author. */
  readonly save?: ((state: AuthorState) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How what is signed gets to the node. */
export interface AuthorParts {
  readonly signer: Signer;
  readonly params: NetworkParams;
  readonly state: AuthorState;
  readonly save: ((state: AuthorState) => Promise<void> | void) | undefined;
  /** Has the node record entries, each once. */
  readonly send: (drafts: readonly EntryDraft[], signal: AbortSignal | undefined) => Promise<void>;
}

/** Of `Ledger.author`. One at a time for one key and network, wherever that runs. */
export class Author {
  readonly #parts: AuthorParts;
  #state: AuthorState;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AuthorParts) {
    this.#parts = parts;
    this.#state = parts.state;
  }

  /** `did:key:z6Mk…`: the public key, by which others know the author. */
  get did(): string {
    return this.#parts.signer.author;
  }

  /** What `save` was told last. */
  get state(): AuthorState {
    return this.#state;
  }

  /**
   * Signs `value`, an object, and has the node record it; answers its id. Where that fails, the signed entry is kept, and the next
   * call sends it again before its own: the number is taken.
   */
  append(value: unknown, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    return this.#inTurn(async () => {
      options.signal?.throwIfAborted();
      const draft = await this.#sign(value, options.signal);
      await this.#send(options.signal);
      return draft.id;
    });
  }

  /** Sends what is signed and not known to have arrived. */
  resend(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#inTurn(() => this.#send(options.signal));
  }

  async #sign(value: unknown, signal: AbortSignal | undefined): Promise<EntryDraft> {
    const { signer, params } = this.#parts;
    const { sequence, previous, unsent } = this.#state;
    if (unsent.length >= UNSENT_MAX) {
      throw new LedgerError('author-unsent-full', `${unsent.length} signed entries wait to be sent: call resend().`, {
        facts: { unsent: unsent.length },
      });
    }
    const before = previous === null ? undefined : parseHash(previous);
    const { draft, signed } = await draftSigned(value, { signer, sequence, previous: before, params }, signal);
    const { statement } = signed.authorship;
    await this.#keep({ sequence: sequence + 1, previous: statement, unsent: [...unsent, draft.text] });
    return draft;
  }

  async #send(signal: AbortSignal | undefined): Promise<void> {
    if (this.#state.unsent.length === 0) return;
    await this.#parts.send(this.#state.unsent.map(draftOf), signal);
    await this.#keep({ ...this.#state, unsent: [] });
  }

  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Saved first: what is not kept was not done. */
  async #keep(state: AuthorState): Promise<void> {
    await this.#parts.save?.(state);
    this.#state = state;
  }
}

function draftOf(text: string): EntryDraft {
  const bytes = encodeUtf8(text);
  return { text, id: hashLeaf(bytes), sizeBytes: bytes.length };
}

const UNSENT_MAX = 100;
