/** The chain of the node under attack as a stranger knows it: enough to forge what looks as if it followed. */
import type { Block } from '../../src/core/block.ts';
import { type Body, bodyFromEntries, dataRoot, entryIds } from '../../src/core/body.ts';
import { type Hash, hashToNumber } from '../../src/core/hash.ts';
import type { Header } from '../../src/core/header.ts';
import { validateHeaders } from '../../src/core/header-run.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateHeader,
} from '../../src/core/validation.ts';
import { headerCount, previousHashAt } from '../../src/protocol/header-run.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../src/protocol/limits.ts';
import type { RawPeer } from './raw-peer.ts';

export class ShadowChain {
  readonly #params: NetworkParams;
  readonly #points = new Map<Hash, ChainPoint>();
  #tip: ChainPoint;

  constructor(params: NetworkParams) {
    this.#params = params;
    this.#tip = genesisPoint(params);
    this.#points.set(this.#tip.hash, this.#tip);
  }

  /** Where the node's chain ended when it was last asked. */
  get tip(): ChainPoint {
    return this.#tip;
  }

  /** A place `depth` blocks under the tip, or the genesis. */
  below(depth: number): ChainPoint {
    let point = this.#tip;
    for (let i = 0; i < depth; i++) point = this.#points.get(point.header.previousHash) ?? point;
    return point;
  }

  /** Asks the node for its chain, up to its tip. False where it does not answer. */
  async follow(peer: RawPeer): Promise<boolean> {
    const locator = [this.#tip.hash, ...[1, 4, 16, 64].map((depth) => this.below(depth).hash)];
    for (;;) {
      if (!(await peer.send({ type: 'get-headers', locator: [this.#tip.hash, ...locator] }))) return false;
      const answer = await peer.hearOf('headers');
      if (answer === undefined) return false;
      const parent =
        headerCount(answer.headers) === 0 ? undefined : this.#points.get(previousHashAt(answer.headers, 0));
      for (const point of parent === undefined ? [] : validateHeaders(answer.headers, parent, this.#params).points) {
        this.#points.set(point.hash, point);
        this.#tip = point;
      }
      if (headerCount(answer.headers) < HEADERS_PER_MESSAGE_MAX) return true;
    }
  }
}

/** A header that follows `parent` but for what is changed, and whose hash meets its own target. */
export function forgeHeader(
  params: NetworkParams,
  parent: ChainPoint,
  change: Partial<Header> & { readonly body?: Body } = {},
): ReturnType<typeof hashedHeader> {
  const { body = bodyFromEntries([]), ...fields } = change;
  const clockSeconds = Math.floor(Date.now() / 1000);
  const root = dataRoot(body.shape, entryIds(body));
  const header = { ...createCandidateHeader({ parent, dataRoot: root, clockSeconds, params }), ...fields };
  const target = bitsToTarget(header.bits) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...header, nonce });
    if (hashToNumber(hashed.hash) <= target) return hashed;
  }
}

/** As many blocks on `parent` as `bodies`, each by every rule. */
export function forgeBlocks(
  params: NetworkParams,
  parent: ChainPoint,
  bodies: readonly Body[],
): (Block & { readonly point: ChainPoint; readonly bytes: Uint8Array })[] {
  let tip = parent;
  return bodies.map((body) => {
    const forged = forgeHeader(params, tip, { body });
    const point = validateHeader(forged, tip, params);
    if (!point.ok) throw new Error(`a forged block breaks a rule: ${point.fault.code}`);
    tip = point.value;
    return { ...forged, body, point: point.value };
  });
}

/** The headers of a chain from the genesis with as little work as the rules allow for its length, as they travel. */
export function cheapChain(params: NetworkParams, count: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let tip = genesisPoint(params);
  for (let i = 0; i < count; i++) {
    // As late as counts for the difficulty: it sinks to the limit and stays there.
    const forged = forgeHeader(params, tip, { timestamp: tip.header.timestamp + params.solveTimeMax });
    const point = validateHeader(forged, tip, params);
    if (!point.ok) throw new Error(`a cheap header breaks a rule: ${point.fault.code}`);
    tip = point.value;
    run.push(forged.bytes);
    if (run.length < HEADERS_PER_MESSAGE_MAX && i < count - 1) continue;
    messages.push(Buffer.concat(run));
    run = [];
  }
  return messages;
}
