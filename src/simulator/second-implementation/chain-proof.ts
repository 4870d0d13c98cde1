/**
 * A slow judge of chain proofs (docs/spec/chain-proof.md), rule by rule. It puts down what a proof has, leaf by leaf and subtree by
 * subtree, and computes each history root from there by its definition.
 */
import { fromHex, sha256, uint } from './bytes.ts';
import { type DifficultyRules, expand, nextBits, nextTarget, work } from './difficulty.ts';
import { writeHeader } from './header.ts';
import { difficultyRules, genesisHex, type ParamsDocument } from './params.ts';
import { countedHistoryRoot, historyLeaf, leftCount, nodeHash } from './trees.ts';

/** What a proof has shown. */
export interface ShownChain {
  readonly tip: string;
  readonly height: number;
  readonly work: bigint;
}

/** Judges a proof in hex. What is wrong with it is told as the number of the rule that it breaks. */
export function judgeChainProof(hex: string, params: ParamsDocument): ShownChain | string {
  return new ChainProofJudge(hex, params).judge();
}

interface OpenedHeader {
  readonly height: number;
  readonly hash: string;
  readonly bits: bigint;
  readonly time: bigint;
  readonly total: bigint;
}

/** A rule that is broken, on its way out. */
class BrokenRule extends Error {}

class ChainProofJudge {
  readonly #rules: DifficultyRules;
  readonly #opened: OpenedHeader[] = [];
  /** Roots of subtrees and leaves, by where they begin and how many leaves they have. */
  readonly #roots = new Map<string, string>();
  #rest: string;

  constructor(hex: string, params: ParamsDocument) {
    this.#rest = hex;
    this.#rules = difficultyRules(params);
    const genesis = genesisHex(params, BigInt(params.genesis_time));
    const { initialBits } = this.#rules;
    const total = workOf(initialBits);
    this.#roots.set('0+1', historyLeaf(genesis, total));
    const time = BigInt(params.genesis_time);
    this.#opened.push({ height: 0, hash: sha256(fromHex(genesis)), bits: initialBits, time, total });
  }

  judge(): ShownChain | string {
    try {
      must(this.#takeNumber(1) === 1n, 'L4');
      const tip = this.#take(32);
      const height = Number(this.#takeNumber(4));
      const total = this.#takeNumber(32);
      if (height > 2_048) this.#sampledPart(tip, height, total);
      while (this.#last().height < height) this.#openNext(total);
      must(this.#rest === '', 'L9');
      must(this.#last().total === total && this.#last().hash === tip, 'L15');
      return { tip, height, work: total };
    } catch (error) {
      if (error instanceof BrokenRule) return error.message;
      throw error;
    }
  }

  #sampledPart(tip: string, height: number, total: bigint): void {
    const end = height - 512;
    const before = this.#takeNumber(32);
    const drawn: number[] = [0];
    for (let left = this.#takeNumber(2); left > 0n; left--) drawn.push(Number(this.#takeNumber(4)));
    drawn.push(end);
    for (const [i, at] of drawn.entries()) must(i === 0 || at > Number(drawn[i - 1]), 'L9');
    must(before > 0n && before < total, 'L15');
    const wanted = new Set(drawn.flatMap((at) => [at - 2, at - 1, at]).filter((at) => at > 0));
    for (const at of [...wanted].sort((a, b) => a - b)) {
      if (at === this.#last().height + 1) this.#openNext(total);
      // The second of a run was opened with the first.
      else if (at > this.#last().height) this.#openRun(at, total);
    }
    must(this.#last().total === before, 'L15');
    this.#judgeDraws(new Set(drawn), positionsOf(tip, total, total - before));
  }

  /** L12. Headers that have the two before them, or that are the first two of the chain, are judged wholly. */
  #judgeDraws(drawn: ReadonlySet<number>, positions: readonly bigint[]): void {
    const byHeight = new Map(this.#opened.map((header) => [header.height, header]));
    const hit = new Set<number>();
    for (const position of positions) {
      const header = this.#opened.find(({ total }) => position < total);
      must(header !== undefined, 'L12');
      const isJudged = header.height < 2 || (byHeight.has(header.height - 1) && byHeight.has(header.height - 2));
      const from = header.height === 0 ? 0n : byHeight.get(header.height - 1)?.total;
      must(isJudged && from !== undefined && position >= from && drawn.has(header.height), 'L12');
      hit.add(header.height);
    }
    must(hit.size === drawn.size, 'L12');
  }

  /** L5: all but three fields follow from the header before. */
  #openNext(totalMax: bigint): void {
    const parent = this.#last();
    const grandparent = this.#opened.at(-2);
    const bits = nextBits(grandparent === undefined ? [parent] : [grandparent, parent], this.#rules);
    const { height, hash, total } = parent;
    this.#open({ height: height + 1, previousHash: hash, bits, total: total + workOf(bits) }, totalMax);
  }

  /** L8, and the rules for gaps. */
  #openRun(height: number, totalMax: bigint): void {
    const a = this.#last();
    const beforeA = this.#opened.at(-2);
    for (let at = a.height + 1; at < height; ) {
      let count = 1;
      while (at % (2 * count) === 0 && at + 2 * count <= height) count *= 2;
      this.#roots.set(`${at}+${count}`, this.#take(32));
      at += count;
    }
    const previousHash = this.#take(32);
    const total = this.#takeNumber(32);
    const bits = this.#takeNumber(4);
    const nextOnes = this.#takeNumber(4);
    for (const some of [bits, nextOnes]) must((expand(some) ?? this.#limit() + 1n) <= this.#limit(), 'L17');
    this.#judgeClimb(a, { height, bits, total });
    this.#open({ height, previousHash, bits, total }, totalMax);
    const b = this.#last();
    this.#judgeEasing(a, beforeA?.time ?? a.time, b, nextOnes);
    this.#open({ height: height + 1, previousHash: b.hash, bits: nextOnes, total: total + workOf(nextOnes) }, totalMax);
  }

  /** L18. */
  #judgeClimb(a: OpenedHeader, b: { readonly height: number; readonly bits: bigint; readonly total: bigint }): void {
    const { interval, halfLife } = this.#rules;
    const rise = (65_536n * interval + halfLife - 1n) / halfLife + 14n;
    const least = (distance: number): bigint => {
      const halvings = (BigInt(distance) * rise + 65_535n) / 65_536n;
      return workOf(b.bits) / 2n ** (halvings > 256n ? 256n : halvings);
    };
    const distance = b.height - a.height;
    must(workOf(a.bits) >= least(distance), 'L18');
    const easiest = work(this.#limit());
    let sum = 0n;
    for (let i = 1; i < distance; i++) {
      if (least(i) <= easiest) {
        sum += BigInt(distance - i) * easiest;
        break;
      }
      sum += least(i);
    }
    must(b.total - workOf(b.bits) - a.total >= sum, 'L18');
  }

  /** L17 and L19. */
  #judgeEasing(a: OpenedHeader, beforeA: bigint, b: OpenedHeader, bits: bigint): void {
    const after = (time: bigint) =>
      nextBits(
        [
          { bits: 0n, time: 0n },
          { bits: b.bits, time },
        ],
        this.#rules,
      );
    const target = expand(bits) ?? 0n;
    must(target >= (expand(after(0n)) ?? 0n) && target <= (expand(after(b.time - a.time)) ?? 0n), 'L17');
    const { interval, halfLife } = this.#rules;
    const blocks = BigInt(b.height + 1 - Math.max(1, a.height));
    let lateness = b.time - beforeA - interval * blocks + ((blocks + 1n) * 14n * halfLife) / 65_536n + 1n;
    if (lateness > 256n * halfLife) lateness = 256n * halfLife;
    if (lateness < -256n * halfLife) lateness = -256n * halfLife;
    const easiest = nextTarget(expand(a.bits) ?? 0n, lateness + interval, this.#rules);
    must(target <= (easiest < 1n ? 1n : easiest) && target <= this.#limit(), 'L19');
  }

  #open(
    follows: { readonly height: number; readonly previousHash: string; readonly bits: bigint; readonly total: bigint },
    totalMax: bigint,
  ): void {
    const { height, previousHash, bits, total } = follows;
    must(total <= totalMax, 'L15');
    const dataRoot = this.#take(32);
    const time = this.#takeNumber(4);
    const nonce = this.#takeNumber(8);
    must(nonce < 2n ** 53n && time >= this.#last().time, 'L14');
    const historyRoot = countedHistoryRoot(height, this.#rootOver(0, height));
    const hex = writeHeader({ height: BigInt(height), previousHash, historyRoot, dataRoot, time, bits, nonce });
    const hash = sha256(fromHex(hex));
    must(BigInt(`0x${hash}`) <= (expand(bits) ?? 0n), 'L14');
    this.#roots.set(`${height}+1`, historyLeaf(hex, total));
    this.#opened.push({ height, hash, bits, time, total });
  }

  #rootOver(first: number, count: number): string {
    const known = this.#roots.get(`${first}+${count}`);
    if (known !== undefined) return known;
    const left = leftCount(count);
    const root = nodeHash(this.#rootOver(first, left), this.#rootOver(first + left, count - left));
    // Only what is complete stays what it is when more leaves come.
    if (2 * left === count) this.#roots.set(`${first}+${count}`, root);
    return root;
  }

  #last(): OpenedHeader {
    const last = this.#opened.at(-1);
    if (last === undefined) throw new Error('the genesis is opened at first');
    return last;
  }

  #limit(): bigint {
    return expand(this.#rules.targetLimit) ?? 0n;
  }

  #take(sizeBytes: number): string {
    must(this.#rest.length >= 2 * sizeBytes, 'L9');
    const taken = this.#rest.slice(0, 2 * sizeBytes);
    this.#rest = this.#rest.slice(2 * sizeBytes);
    return taken;
  }

  #takeNumber(sizeBytes: number): bigint {
    return BigInt(`0x${this.#take(sizeBytes)}`);
  }
}

/** L10 and L11. */
function positionsOf(tip: string, total: bigint, tailWork: bigint): bigint[] {
  const left = (band: number) => (total * stepOf(band % 32)) / 2n ** (64n + BigInt(Math.floor(band / 32)));
  must(left(1_024) <= tailWork, 'L13');
  const seed = sha256(Buffer.from('cairn/chain-proof/1', 'utf8'), fromHex(tip));
  const positions = [0n, total - tailWork - 1n];
  for (let band = 0; left(band) > tailWork; band++) {
    const random = BigInt(`0x${sha256(fromHex(seed), uint(BigInt(band), 4))}`);
    const position = total - left(band) + (random * (left(band) - left(band + 1))) / 2n ** 256n;
    if (position < total - tailWork) positions.push(position);
  }
  return positions;
}

/** floor(2^(64 - place/32)): the largest number whose 32nd power is not above 2^(2048 - place). */
function stepOf(place: number): bigint {
  let low = 0n;
  let high = 2n ** 65n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** 32n <= 2n ** BigInt(2_048 - place)) low = middle;
    else high = middle;
  }
  return low;
}

function workOf(bits: bigint): bigint {
  return work(expand(bits) ?? 0n);
}

function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new BrokenRule(rule);
}
