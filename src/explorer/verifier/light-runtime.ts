/**
 * Runs a light client over a network of peers: feeds it what happens, does what it orders, and gives each question its answer.
 * It decides nothing.
 */
import { assertNever } from '../../core/assert.ts';
import type { Result } from '../../core/result.ts';
import type { PeerNetwork } from '../../network/peer-network.ts';
import type { PeerId, RequestId } from '../../protocol/effects.ts';
import type { LightClient } from '../../protocol/light-client.ts';
import type {
  LightAnswer,
  LightEffect,
  LightInput,
  LightQuestion,
  QuestionFault,
} from '../../protocol/light-effects.ts';
import { encodeMessage, parseMessage } from '../../protocol/message.ts';

/** What the client says of itself and of its peers: everything but orders and answers. */
export type LightNews = Extract<LightEffect, { type: 'tip-proven' | 'tip-moved' | 'peer-judged' | 'peer-convicted' }>;

export interface LightRuntimeParts {
  readonly client: LightClient;
  readonly network: PeerNetwork;
  /** Not from within a call of `ask`. */
  readonly heard: (news: LightNews) => void;
  /** A connection has ended. After what the client has to say about it. */
  readonly disconnected: (peer: PeerId) => void;
}

export class LightRuntime {
  readonly #parts: LightRuntimeParts;
  readonly #asked = new Map<RequestId, (answer: Result<LightAnswer, QuestionFault>) => void>();
  #lastRequest = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(parts: LightRuntimeParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { network, disconnected } = this.#parts;
    await network.start({
      peerConnected: ({ id, address }) => this.#feed({ type: 'peer-connected', peer: id, address }),
      messageReceived: (peer, bytes) => {
        const message = parseMessage(bytes);
        if (message.ok) this.#feed({ type: 'message-received', peer, message: message.value });
        else this.#feed({ type: 'message-malformed', peer, fault: message.fault });
      },
      peerDisconnected: (peer, reason) => {
        this.#feed({ type: 'peer-disconnected', peer, reason: reason.code });
        disconnected(peer);
      },
      addressDiscovered: () => {},
    });
    this.#ticking = setInterval(() => this.#feed({ type: 'tick' }), TICK_MS);
  }

  /** Always answered: the client gives every question a time. */
  ask(question: LightQuestion): Promise<Result<LightAnswer, QuestionFault>> {
    const { promise, resolve } = Promise.withResolvers<Result<LightAnswer, QuestionFault>>();
    const request = ++this.#lastRequest;
    this.#asked.set(request, resolve);
    queueMicrotask(() => this.#feed({ type: 'asked', request, question }));
    return promise;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#parts.network.stop();
  }

  #feed(input: LightInput): void {
    const now = { steadyMs: performance.timeOrigin + performance.now(), unixMs: Date.now() };
    for (const effect of this.#parts.client.handle(input, now)) this.#do(effect);
  }

  #do(effect: LightEffect): void {
    const { network, heard } = this.#parts;
    switch (effect.type) {
      case 'send':
        return network.send(effect.peer, encodeMessage(effect.message));
      case 'disconnect':
        return network.disconnect(effect.peer, effect.note);
      case 'answered':
        this.#asked.get(effect.request)?.(effect.result);
        this.#asked.delete(effect.request);
        return;
      case 'tip-proven':
      case 'tip-moved':
      case 'peer-judged':
      case 'peer-convicted':
        return heard(effect);
      case 'report':
        return;
      default:
        return assertNever(effect);
    }
  }
}

const TICK_MS = 250;
