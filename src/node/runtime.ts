/**
 * Carries out what the machine decides: its effects in order, and the answers back as inputs. It decides nothing, and
 * it is the only part of a node that reads the clocks for it.
 */
import type { Logger } from 'pino';
import { assertNever, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { bitsToTarget } from '../core/target.ts';
import type { KernelChoice, Miner, MiningEvent } from '../mining/miner.ts';
import { promisedRate } from '../mining/mining-rate.ts';
import { NetworkError, type NetworkHandlers, type PeerNetwork } from '../network/peer-network.ts';
import type { Answer, Effect, Input, NodeEvent, PeerId, RequestId } from '../protocol/effects.ts';
import type { FullNode } from '../protocol/full-node.ts';
import { encodeMessage, parseMessage } from '../protocol/message.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { isDamage, StoreError } from '../storage/store-error.ts';
import { readClocks } from './clocks.ts';
import { PeerLibrary } from './peer-library.ts';
import { ProofDesk } from './proof-desk.ts';
import { takeSteps } from './time-slices.ts';

/** What the outside watches: the machine's events, and the miner's progress, which the machine never sees. */
export type RuntimeEvent = NodeEvent | (MiningEvent & { readonly type: 'progress' });

/** An input that is answered, without the number of the request. */
export type Question =
  | Omit<Extract<Input, { type: 'entries-submitted' }>, 'request'>
  | Omit<Extract<Input, { type: 'mine-requested' }>, 'request'>
  | Omit<Extract<Input, { type: 'blocks-offered' }>, 'request'>;

export interface RuntimeParts {
  readonly machine: FullNode;
  readonly store: ChainStore;
  readonly network: PeerNetwork;
  readonly miner: Miner;
  readonly logger: Logger;
  /** Called once, when the world failed in a way the node cannot go on from. */
  readonly onFailure: (error: Error) => void;
}

export class Runtime {
  readonly #parts: RuntimeParts;
  readonly #library: PeerLibrary;
  /** Where proofs are made, for peers and for the node's own user. */
  readonly proofs: ProofDesk;
  readonly #inputs: Input[] = [];
  readonly #questions = new Map<RequestId, { answer(answer: Answer): void; giveUp(reason: unknown): void }>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #questionCount = 0;
  #isHandling = false;
  #isStopped = false;
  #committing: Promise<void> = Promise.resolve();
  #ticker: NodeJS.Timeout | undefined;
  #hashesPerSecond: number | undefined;
  #hashesTried = 0;
  /** By miners that have made way for the present one. */
  #hashesBefore = 0;
  #kernelChoice: KernelChoice | undefined;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.proofs = new ProofDesk({ store: parts.store, tip: () => parts.machine.tip.hash });
    this.#library = new PeerLibrary({
      store: parts.store,
      proofs: this.proofs,
      network: parts.network,
      onDamage: (error) => this.damageFound(error),
      onFailure: (error) => this.#fail(error),
    });
  }

  /**
   * As measured in the latest searches; as the trial of the kernel promises until there was enough to measure. Undefined
   * until there is one of them.
   */
  get hashesPerSecond(): number | undefined {
    const promised = this.#kernelChoice === undefined ? 0 : promisedRate(this.#kernelChoice);
    return this.#hashesTried < promised * MEASURED_SECONDS_MIN ? promised : this.#hashesPerSecond;
  }

  /** Since the node started. */
  get hashesTried(): number {
    return this.#hashesTried;
  }

  /** How the miner searches; undefined until it has chosen. */
  get kernelChoice(): KernelChoice | undefined {
    return this.#kernelChoice;
  }

  /** Begins to tell the machine of time. */
  start(): void {
    this.#ticker = setInterval(() => this.feed({ type: 'tick' }), TICK_MS);
    this.feed({ type: 'tick' });
  }

  /** Takes no more inputs, and waits for the commit that is on its way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#ticker);
    this.#parts.miner.cancel();
    await this.#committing;
    this.#giveUpQuestions(new Error('the node has stopped'));
  }

  /** What the peer network reports, as inputs. */
  readonly networkHandlers: NetworkHandlers = {
    peerConnected: ({ id, address, direction }) => this.feed({ type: 'peer-connected', peer: id, address, direction }),
    peerDisconnected: (peer, reason) => {
      this.#library.peerGone(peer);
      this.feed({ type: 'peer-disconnected', peer, reason: reason.code });
    },
    messageReceived: (peer, bytes) => {
      const message = parseMessage(bytes);
      if (!message.ok) return this.feed({ type: 'message-malformed', peer, fault: message.fault });
      const received = { type: 'message-received', peer, message: message.value } as const;
      const steps = this.#parts.machine.messageJudge.steps(peer, message.value);
      return steps === undefined ? this.feed(received) : takeSteps(steps).then(() => this.feed(received));
    },
    addressDiscovered: (address) => this.feed({ type: 'address-known', address, source: 'mdns' }),
  };

  /** What the miner reports. */
  mined(event: MiningEvent): void {
    switch (event.type) {
      case 'found':
        return this.feed({ type: 'nonce-found', job: event.jobId, nonce: event.nonce });
      case 'exhausted':
        return this.feed({ type: 'nonces-exhausted', job: event.jobId });
      case 'kernel-chosen':
        this.#kernelChoice = event.choice;
        // A miner that has to choose anew begins to count anew.
        this.#hashesBefore = this.#hashesTried;
        this.#parts.logger.info({ choice: event.choice }, 'the miner has chosen how to search');
        return;
      case 'interrupted': {
        const { reason, pauseMs } = event;
        return this.#parts.logger.warn({ reason, pauseMs }, 'mining was interrupted');
      }
      case 'progress':
        this.#hashesPerSecond = event.hashesPerSecond;
        this.#hashesTried = this.#hashesBefore + event.hashesTotal;
        return this.#tellListeners(event);
      default:
        return assertNever(event);
    }
  }

  /**
   * Puts a question of the user's, and resolves with the machine's answer. Rejects where `signal` gives it up, and where
   * the node stops or fails before there is an answer.
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    this.#questionCount++;
    const request = this.#questionCount;
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        this.#questions.delete(request);
        signal?.removeEventListener('abort', abort);
        this.feed({ type: 'request-cancelled', request });
        reject(new Error('the question was given up', { cause: reason }));
      };
      const abort = () => giveUp(signal?.reason);
      if (this.#isStopped) return giveUp(new Error('the node has stopped'));
      if (signal?.aborted === true) return abort();
      const answer = (given: Answer) => {
        signal?.removeEventListener('abort', abort);
        resolve(given);
      };
      this.#questions.set(request, { answer, giveUp });
      signal?.addEventListener('abort', abort, { once: true });
      this.feed({ ...question, request });
    });
  }

  /** Calls `listener` for everything that happens, until the returned function is called. */
  listen(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A stored block is damaged. Where its header can still be read, the machine gets its body from a peer again. */
  damageFound(error: StoreError): void {
    this.#parts.logger.error({ err: error }, 'a stored block is damaged and not served');
    const hash = error.block?.hash;
    if (hash === undefined) return;
    this.#parts.store.pointOf(hash).then(
      (point) => (point === undefined ? undefined : this.feed({ type: 'block-damaged', point })),
      (cause: unknown) => this.#parts.logger.error({ err: cause }, 'its header is damaged, too: run `cairn fsck`'),
    );
  }

  /** Gives the machine an input; one that comes while an effect is carried out waits its turn. */
  feed(input: Input): void {
    if (this.#isStopped) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const effect of this.#parts.machine.handle(next, readClocks())) this.#run(effect);
      }
    } catch (error) {
      // A mistake of ours, or a part that broke: either way the node can no longer vouch for what it does.
      this.#fail(error);
    } finally {
      this.#isHandling = false;
    }
  }

  #run(effect: Effect): void {
    const { network, store, miner, logger } = this.#parts;
    switch (effect.type) {
      case 'send':
        return network.send(effect.peer, encodeMessage(effect.message));
      case 'serve-headers':
        return this.#library.serveHeaders(effect.peer, effect);
      case 'serve-blocks':
        return this.#library.serveBlocks(effect.peer, effect.hashes);
      case 'serve-chain-proof':
        return this.#library.serveChainProof(effect.peer);
      case 'serve-header-proof':
        return this.#library.serveHeaderProof(effect.peer, effect);
      case 'serve-entry-proof':
        return this.#library.serveEntryProof(effect.peer, effect);
      case 'disconnect':
        logger.info({ peer: effect.peer, note: effect.note }, 'disconnecting from a peer');
        return network.disconnect(effect.peer, effect.note);
      case 'dial':
        return this.#dial(effect.address);
      case 'commit':
        this.#committing = store.commit(effect.change).then(
          (change) => this.feed({ type: 'committed', ...change }),
          (error: unknown) => {
            // Any other failure leaves it unknown what the disk holds.
            if (error instanceof StoreError && error.code === 'store-full') this.feed({ type: 'commit-failed' });
            else this.#fail(error);
          },
        );
        return;
      case 'load-pending':
        store.pending(effect).then(
          (batch) => this.feed({ type: 'pending-loaded', ...batch }),
          (error: unknown) => this.#fail(error),
        );
        return;
      case 'find-entries':
        return this.#findEntries(effect.ids);
      case 'load-branch-point':
        return this.#loadBranchPoint(effect.peer, effect.hash);
      case 'search': {
        const target = assertPresent(bitsToTarget(effect.header.bits), 'bits that the rules ask for name a target');
        return miner.mine({ id: effect.job, headerBytes: encodeHeader(effect.header), target });
      }
      case 'stop-search':
        return miner.cancel();
      case 'answer': {
        const question = this.#questions.get(effect.request);
        this.#questions.delete(effect.request);
        return question?.answer(effect.answer);
      }
      case 'notify':
        return this.#tellListeners(effect.event);
      case 'report':
        return logger[effect.level](effect.facts, effect.code);
      default:
        return assertNever(effect);
    }
  }

  #findEntries(ids: readonly Hash[]): void {
    const committing = this.#committing;
    this.#parts.store
      .firstPlaces(ids)
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        if (isDamage(error)) this.damageFound(error);
        else this.#parts.logger.warn({ err: error }, 'entries could not be looked up');
        // As if nothing had been looked through: whoever asks again may find it mended. A disk that fails shows in a commit.
        return { places: ids.map(() => undefined), indexedTo: -1 };
      })
      // The commit that was given with the question is told of first: the answer is about the chain after it.
      .then(async (found) => {
        await committing;
        this.feed({ type: 'entries-found', ...found });
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #loadBranchPoint(peer: PeerId, hash: Hash): void {
    this.#parts.store
      .pointOf(hash)
      .catch((error: unknown) => {
        if (!isDamage(error)) throw error;
        this.damageFound(error);
        return undefined;
      })
      .then(
        (point) => this.feed({ type: 'branch-point-loaded', peer, hash, point }),
        (error: unknown) => this.#fail(error),
      );
  }

  #dial(address: string): void {
    this.#parts.network.dial(address).then(
      (peer) => this.feed({ type: 'dial-succeeded', address, peer }),
      (error: unknown) => {
        const code = error instanceof NetworkError ? error.code : 'dial-failed';
        const isFinal = code === 'network-other' || code === 'dialled-self' || code === 'address-invalid';
        const reason = error instanceof Error ? error.message : String(error);
        this.#parts.logger[isFinal ? 'warn' : 'debug']({ address, code, reason }, 'a dial failed');
        this.feed({ type: 'dial-failed', address, isFinal });
      },
    );
  }

  #tellListeners(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#ticker);
    this.#parts.onFailure(error instanceof Error ? error : new Error(String(error)));
    this.#giveUpQuestions(error);
  }

  /** Nobody waits for an answer that will never come. */
  #giveUpQuestions(reason: unknown): void {
    for (const question of [...this.#questions.values()]) question.giveUp(reason);
  }
}

/** How often the machine hears that time has passed. */
const TICK_MS = 250;
/** So much of searching says more than a trial: short searches go by with their beginning and end. */
const MEASURED_SECONDS_MIN = 0.25;
