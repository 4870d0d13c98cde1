/** The chain of one network as the page follows it: a light client, connected to every node that the gateway leads to. */
import { type Hash, parseHash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { Result } from '../../core/result.ts';
import type { ChainPoint } from '../../core/validation.ts';
import type { PeerNetwork } from '../../network/peer-network.ts';
import type { PeerId } from '../../protocol/effects.ts';
import { LightClient } from '../../protocol/light-client.ts';
import type {
  ConvictionFault,
  LightAnswer,
  LightPeer,
  LightQuestion,
  QuestionFault,
  TipMove,
  TipReport,
} from '../../protocol/light-effects.ts';
import type { TipBasis } from './chain-account.ts';
import type { CheckedChain } from './checked-chain.ts';
import { DoorDialler } from './door-dialler.ts';
import { type LightNews, LightRuntime } from './light-runtime.ts';
import { judgePeer } from './peer-account.ts';
import type { PeerVerdict, VerifiedTip } from './verdict.ts';

export interface FollowingOptions {
  readonly params: NetworkParams;
  readonly network: PeerNetwork;
  /** Of the page, whose gateway leads to the nodes. */
  readonly origin: string;
  /** Called when anything is otherwise than before. */
  readonly changed: () => void;
  /** Called when a connection has ended. */
  readonly lost: () => void;
}

export class Following implements CheckedChain {
  readonly params: NetworkParams;
  readonly #changed: () => void;
  readonly #client: LightClient;
  readonly #runtime: LightRuntime;
  readonly #dialler: DoorDialler;
  readonly #peers = new Map<PeerId, LightPeer>();
  readonly #lies = new Map<PeerId, ConvictionFault>();
  /** How the chains that peers have shown were checked, by their last block; the latest last. */
  readonly #reports = new Map<Hash, TipReport>();
  readonly #waiting = new Set<() => void>();
  #basis: TipBasis | undefined;
  #shownBy: PeerId | undefined;
  #sinceMs = 0;

  constructor({ params, network, origin, changed, lost }: FollowingOptions) {
    this.params = params;
    this.#changed = changed;
    this.#client = new LightClient({ params, agent: AGENT });
    this.#dialler = new DoorDialler({ origin, network, changed });
    this.#runtime = new LightRuntime({
      client: this.#client,
      network,
      heard: (news) => this.#heard(news),
      disconnected: (peer) => {
        this.#dialler.disconnected(peer, performance.now());
        lost();
      },
    });
  }

  start(): Promise<void> {
    return this.#runtime.start();
  }

  stop(): Promise<void> {
    return this.#runtime.stop();
  }

  /** The nodes to be connected to, from now on, as far as they answer the gateway. */
  setNodes(nodes: readonly { readonly port: number; readonly isAnswering: boolean }[]): void {
    this.#dialler.setNodes(nodes);
    this.proceed();
  }

  /** To be called a few times a second. */
  proceed(): void {
    this.#dialler.proceed(performance.now());
  }

  get tip(): ChainPoint | undefined {
    return this.#client.tip;
  }

  get basis(): TipBasis | undefined {
    return this.#basis;
  }

  get verifiedTip(): VerifiedTip | undefined {
    if (this.#basis === undefined) return undefined;
    const { tip, report } = this.#basis;
    return {
      height: tip.header.height,
      hash: tip.hash,
      timestamp: tip.header.timestamp,
      work: tip.work.toString(),
      port: this.#shownBy === undefined ? undefined : this.#dialler.portOf(this.#shownBy),
      method: report.method,
      sinceMs: this.#sinceMs,
    };
  }

  /** One for each port, ascending. */
  get peers(): readonly PeerVerdict[] {
    return this.#dialler.doors.map((door) =>
      judgePeer(door, {
        peer: door.peer === undefined ? undefined : this.#peers.get(door.peer),
        lie: door.peer === undefined ? undefined : this.#lies.get(door.peer),
        tipHeight: this.tip?.header.height,
      }),
    );
  }

  find(hash: Hash): ChainPoint | undefined {
    return this.#client.find(hash);
  }

  /** Whether some peer has shown a header with this hash, of late. */
  knows(hash: string): boolean {
    const parsed = parseHash(hash);
    return parsed !== undefined && this.find(parsed) !== undefined;
  }

  ask(question: LightQuestion): Promise<Result<LightAnswer, QuestionFault>> {
    return this.#runtime.ask(question);
  }

  /** Settles when the chain has another tip, and after `timeoutMs` in any case. */
  async nextTip(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  #heard(news: LightNews): void {
    switch (news.type) {
      case 'tip-proven':
        keep(this.#reports, news.point.hash, news.report);
        break;
      case 'tip-moved':
        this.#moved(news.move);
        break;
      case 'peer-judged':
        keep(this.#peers, news.peer.id, news.peer);
        break;
      case 'peer-convicted':
        keep(this.#lies, news.peer, news.conviction.fault);
        this.#dialler.shun(news.peer);
        break;
    }
    this.#changed();
  }

  #moved({ to, forkHeight, peer }: TipMove): void {
    const report = this.#reports.get(to.hash);
    const before = this.#basis;
    if (report !== undefined) {
      this.#basis = { tip: to, report, followed: 0 };
    } else if (before !== undefined) {
      const followed = before.followed + (forkHeight === undefined ? 1 : to.header.height - forkHeight);
      this.#basis = { tip: to, report: before.report, followed };
    }
    this.#shownBy = peer;
    this.#sinceMs = Date.now();
    for (const resolve of this.#waiting) resolve();
  }
}

/** Keeps `value` as the latest, and forgets the oldest where there are too many. */
function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT_MAX) break;
    map.delete(oldest);
  }
}

/** What nodes see of this page in their lists of peers. */
const AGENT = 'cairn-explorer';
/** Accounts of chains that peers have shown, and peers of which is known what became of them: four times as many as are met at once. */
const KEPT_MAX = 64;
