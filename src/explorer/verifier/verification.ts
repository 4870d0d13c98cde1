/**
 * The page's light client at work: finds the nodes and what to trust, follows the chain with them, checks what the page shows,
 * and tells how all of that stands. It runs in the worker.
 */
import type { NetworkParams } from '../../core/params.ts';
import { NetworkError, type PeerNetwork } from '../../network/peer-network.ts';
import { checkAuthors } from './authors-check.ts';
import { checkBlock, checkSummary } from './block-check.ts';
import { chainSteps, trustStep } from './chain-account.ts';
import { unanswered } from './checked-chain.ts';
import { checkEntry } from './entry-check.ts';
import { Following } from './following.ts';
import { findParams, type ListedNode, listNodes } from './gateway-nodes.ts';
import { judgePeer, peersStep } from './peer-account.ts';
import { ShownTips } from './shown-tips.ts';
import { chooseTrust, type RememberedTrust } from './trust-root.ts';
import type { PeerVerdict, Trouble, TrustRoot, Verdict, VerifierStatus } from './verdict.ts';
import type { ShownTip } from './verifier.ts';
import type { ShownThing } from './worker-message.ts';

export interface VerificationOptions {
  /** Of the page, whose gateway leads to the nodes. */
  readonly origin: string;
  readonly remembered: RememberedTrust | undefined;
  /** A network, not started, for the peers of the network that `params` make. */
  readonly createNetwork: (params: NetworkParams, genesisHash: string) => Promise<PeerNetwork>;
  /** Called with each new status. */
  readonly changed: (status: VerifierStatus) => void;
}

export class Verification {
  readonly #options: VerificationOptions;
  readonly #stopping = new AbortController();
  readonly #shownTips = new ShownTips();
  #nodes: readonly ListedNode[] | undefined;
  #trust: TrustRoot | undefined;
  #following: Following | undefined;
  #followed = Promise.withResolvers<void>();
  #trouble: Trouble | undefined;
  #isTelling = false;
  #timers: readonly ReturnType<typeof setInterval>[] = [];
  #isLooking = false;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Goes on by itself from here. */
  start(): void {
    this.#timers = [setInterval(() => void this.#look(), LOOK_MS), setInterval(() => this.#proceed(), PROCEED_MS)];
    void this.#look();
    this.#tell();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort();
    await this.#following?.stop();
  }

  /** The tips that the gateway shows just now. */
  noteShown(tips: readonly ShownTip[]): void {
    this.#shownTips.note(tips);
    const known = this.#nodes?.map(({ port }) => port) ?? [];
    if (tips.some(({ port }) => !known.includes(port))) void this.#look();
  }

  /** For an entry or a block one verdict, for authors and summaries one for each. Always answered. */
  async prove(thing: ShownThing): Promise<readonly Verdict[]> {
    if (thing.type === 'authors') {
      const params = (await this.#followingInTime())?.params;
      return thing.shown.slice(0, AUTHORS_MAX).map((shown) => checkAuthors(params, shown));
    }
    const chain = await this.#chainWithTip();
    if (chain === undefined) {
      const count = thing.type === 'summaries' ? thing.shown.length : 1;
      return Array.from({ length: count }, () => unanswered([], { code: 'tip-unknown' }));
    }
    const verdicts = await check(chain, thing);
    if (!verdicts.some(mayHaveChanged)) return verdicts;
    // What the page shows may be newer than what has come here, which goes another way.
    await chain.nextTip(NEWS_PATIENCE_MS);
    return check(chain, thing);
  }

  /** The chain as soon as it has a tip, if that comes in time. */
  async #chainWithTip(): Promise<Following | undefined> {
    const following = await this.#followingInTime();
    if (following !== undefined && following.tip === undefined) await following.nextTip(TIP_PATIENCE_MS);
    return following?.tip === undefined ? undefined : following;
  }

  /** As soon as the network is known that is trusted, if that comes in time. */
  async #followingInTime(): Promise<Following | undefined> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, TIP_PATIENCE_MS);
    await Promise.race([this.#followed.promise, late.promise]);
    clearTimeout(timer);
    return this.#following;
  }

  /** Asks the gateway which nodes there are, and begins where it could not before. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#stopping.signal.aborted) return;
    this.#isLooking = true;
    try {
      const { origin, remembered } = this.#options;
      const nodes = await listNodes(origin, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      if (nodes !== undefined) {
        this.#nodes = nodes;
        const chosen = this.#trust ?? chooseTrust(remembered, nodes);
        if (chosen !== undefined) {
          const networkName = this.#following?.params.name;
          this.#trust = { ...chosen, networkName, offered: offeredBy(nodes, chosen.genesisHash) };
          await this.#follow(this.#trust, nodes);
        }
      } else if (this.#following === undefined) {
        this.#trouble = {
          code: 'gateway-unreachable',
          text: 'The gateway does not say which nodes there are.',
          facts: [],
        };
      }
    } catch (error) {
      if (!(error instanceof NetworkError)) {
        this.#trouble = {
          code: 'verifier-broken',
          text: 'The part of this page that checks the chain has failed.',
          facts: [],
        };
        throw error;
      }
      this.#trouble = { code: error.code, text: 'The browser lets this page make no connections.', facts: [] };
    } finally {
      this.#isLooking = false;
      this.#tell();
    }
  }

  async #follow(trust: TrustRoot, nodes: readonly ListedNode[]): Promise<void> {
    const { origin, createNetwork } = this.#options;
    const { genesisHash } = trust;
    const ports = nodes.filter(({ genesis }) => genesis === genesisHash).map(({ port }) => port);
    if (this.#following === undefined) {
      if (ports.length === 0) return;
      const params = await findParams({ origin, genesisHash, ports }, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      if (params === undefined) {
        const text = 'No node has given the parameters that belong to the genesis that is trusted.';
        this.#trouble = { code: 'params-missing', text, facts: [] };
        return;
      }
      const network = await createNetwork(params, genesisHash);
      const following = new Following({
        params,
        network,
        origin,
        changed: () => this.#tell(),
        lost: () => setTimeout(() => void this.#look(), LOST_PAUSE_MS),
      });
      await following.start();
      if (this.#stopping.signal.aborted) return following.stop();
      this.#following = following;
      this.#trouble = undefined;
      this.#trust = { ...trust, networkName: params.name };
      this.#followed.resolve();
    }
    const ours = nodes.filter(({ genesis }) => genesis === undefined || genesis === genesisHash);
    this.#following.setNodes(ours.map(({ port, genesis }) => ({ port, isAnswering: genesis !== undefined })));
  }

  #proceed(): void {
    const following = this.#following;
    if (following === undefined) return;
    following.proceed();
    const isKnown = (hash: string) => following.knows(hash);
    if (this.#shownTips.proceed(following.peers, isKnown, performance.now())) this.#tell();
  }

  /** Once for all that happens in one turn. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#stopping.signal.aborted) this.#options.changed(this.#status());
    });
  }

  #status(): VerifierStatus {
    const following = this.#following;
    const peers = [...(following?.peers ?? []), ...this.#strangers()].sort((a, b) => a.port - b.port);
    const trust = this.#trust;
    const basis = following?.basis;
    return {
      phase: this.#phase(peers),
      trust,
      tip: following?.verifiedTip,
      steps:
        trust === undefined
          ? []
          : basis === undefined
            ? [trustStep(trust)]
            : [...chainSteps(trust, basis), peersStep(peers)],
      peers,
      gateway: this.#shownTips.verdict,
      trouble: this.#trouble,
    };
  }

  #phase(peers: readonly PeerVerdict[]): VerifierStatus['phase'] {
    const isConnected = peers.some((peer) => peer.isConnected && peer.standing !== 'convicted');
    if (this.#following?.tip !== undefined) return isConnected ? 'verified' : 'cut-off';
    if (
      this.#trust !== undefined &&
      this.#trust.offered !== undefined &&
      this.#trust.offered !== this.#trust.genesisHash
    )
      return 'untrusted';
    if (this.#trouble !== undefined) return 'failed';
    if (this.#following === undefined) return 'starting';
    return isConnected ? 'checking' : 'connecting';
  }

  /** The nodes of other networks, which are not dialled. */
  #strangers(): readonly PeerVerdict[] {
    const genesisHash = this.#trust?.genesisHash;
    if (genesisHash === undefined) return [];
    const others = this.#nodes?.filter(({ genesis }) => genesis !== undefined && genesis !== genesisHash) ?? [];
    return others.map(({ port, genesis }) => {
      const trouble: Trouble = {
        code: 'network-other',
        text: 'The node says that it belongs to another network than the one that is trusted here.',
        facts: [{ name: 'its genesis', value: String(genesis), kind: 'hash' }],
      };
      const nothing = { peer: undefined, lie: undefined, tipHeight: undefined };
      return judgePeer({ port, state: 'closed', peer: undefined, trouble }, nothing);
    });
  }
}

/** What the nodes say their genesis is: the trusted one if any says that. */
function offeredBy(nodes: readonly ListedNode[], genesisHash: string): string | undefined {
  const offers = nodes.map(({ genesis }) => genesis).filter((genesis) => genesis !== undefined);
  return offers.includes(genesisHash) ? genesisHash : offers[0];
}

async function check(chain: Following, thing: Exclude<ShownThing, { type: 'authors' }>): Promise<readonly Verdict[]> {
  switch (thing.type) {
    case 'entry':
      return [await checkEntry(chain, thing.shown)];
    case 'block':
      return [await checkBlock(chain, thing.shown)];
    case 'summaries':
      return Promise.all(thing.shown.slice(0, SUMMARIES_MAX).map((shown) => checkSummary(chain, shown)));
  }
}

/** Whether a newer chain may say otherwise. */
function mayHaveChanged({ outcome, steps }: Verdict): boolean {
  return outcome !== 'verified' && NEWS.has(steps.at(-1)?.code ?? '');
}

const NEWS: ReadonlySet<string> = new Set(['height-not-on-chain', 'block-not-on-chain', 'entry-not-shown']);
/** Between two looks for nodes that have come or gone. */
const LOOK_MS = 5_000;
const PROCEED_MS = 250;
/** Before the look for a node whose connection was lost: one that stops takes itself off the list first. */
const LOST_PAUSE_MS = 1_000;
const TIP_PATIENCE_MS = 10_000;
/** A block comes here from the node itself, and to the page by the gateway. */
const NEWS_PATIENCE_MS = 3_000;
/** Rows of a list that are checked at once. */
const SUMMARIES_MAX = 100;
const AUTHORS_MAX = 100;
