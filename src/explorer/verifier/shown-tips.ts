/**
 * Holds what the gateway shows of tips against what the nodes themselves have shown to this page. What both say may differ for
 * a moment, for news take different ways: only what goes on to differ is said.
 */
import { counted } from '../../core/check-step.ts';
import type { GatewayVerdict, PeerVerdict } from './verdict.ts';
import type { ShownTip } from './verifier.ts';

/** How a tip that the gateway shows of a node stands to what the node has shown: undefined where nothing can be said. */
type Difference = 'same' | 'behind' | 'invented' | undefined;

interface Differing {
  readonly difference: 'behind' | 'invented';
  readonly sinceMs: number;
}

export class ShownTips {
  #shown: readonly ShownTip[] = [];
  readonly #differing = new Map<number, Differing>();
  #verdict: GatewayVerdict = NOTHING_COMPARED;

  get verdict(): GatewayVerdict {
    return this.#verdict;
  }

  /** The ports that it is told of, and no others, are compared from now on. */
  note(shown: readonly ShownTip[]): void {
    this.#shown = shown;
  }

  /**
   * Compares again, at `nowMs` of any clock. `isKnown` says whether a header is one that some peer has shown, on the chain or
   * beside it. Says whether the verdict is another.
   */
  proceed(peers: readonly PeerVerdict[], isKnown: (hash: string) => boolean, nowMs: number): boolean {
    let compared = 0;
    const lasting: { port: number; difference: 'behind' | 'invented'; blocks: number }[] = [];
    for (const tip of this.#shown) {
      const peer = peers.find(({ port }) => port === tip.port);
      const difference = compare(tip, peer, isKnown);
      if (difference !== undefined) compared++;
      if (difference === undefined || difference === 'same') {
        this.#differing.delete(tip.port);
        continue;
      }
      const before = this.#differing.get(tip.port);
      const sinceMs = before?.difference === difference ? before.sinceMs : nowMs;
      this.#differing.set(tip.port, { difference, sinceMs });
      const blocks = (peer?.shown?.height ?? tip.height) - tip.height;
      if (nowMs - sinceMs >= PATIENCE_MS) lasting.push({ port: tip.port, difference, blocks });
    }
    const verdict = compared === 0 ? NOTHING_COMPARED : judge(lasting);
    const isOther = verdict.text !== this.#verdict.text;
    this.#verdict = verdict;
    return isOther;
  }
}

function compare(tip: ShownTip, peer: PeerVerdict | undefined, isKnown: (hash: string) => boolean): Difference {
  if (peer === undefined || !peer.isConnected || peer.shown === undefined || peer.standing === 'convicted')
    return undefined;
  if (tip.hash === peer.shown.hash) return 'same';
  if (tip.height < peer.shown.height) return 'behind';
  return isKnown(tip.hash) ? 'same' : 'invented';
}

function judge(
  lasting: readonly { port: number; difference: 'behind' | 'invented'; blocks: number }[],
): GatewayVerdict {
  const invented = lasting.filter(({ difference }) => difference === 'invented').map(({ port }) => port);
  if (invented.length > 0) {
    const text = `The gateway shows a last block ${at(invented)} that the ${invented.length === 1 ? 'node itself does' : 'nodes themselves do'} not have.`;
    return { outcome: 'invented', text, ports: invented };
  }
  if (lasting.length > 0) {
    const blocks = Math.max(...lasting.map((one) => one.blocks));
    const ports = lasting.map(({ port }) => port);
    const text = `The gateway hides the end of the chain ${at(ports)}: the ${ports.length === 1 ? 'node itself has' : 'nodes themselves have'} ${counted(blocks, 'block', 'blocks')} more.`;
    return { outcome: 'behind', text, ports };
  }
  return { outcome: 'agrees', text: 'What the gateway shows is what the nodes themselves have.', ports: [] };
}

function at(ports: readonly number[]): string {
  return ports.length === 1 ? `of the node at port ${ports[0]}` : `of the nodes at ports ${ports.join(', ')}`;
}

const NOTHING_COMPARED: GatewayVerdict = {
  outcome: 'unchecked',
  text: 'What the gateway shows has not been compared with anything yet.',
  ports: [],
};
/** News reach this page by the gateway and from the node itself, and a status is told once a second. */
const PATIENCE_MS = 4_000;
