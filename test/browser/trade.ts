/**
 * A few hours of a trade in coffee on a network of three nodes: what pages are looked at with, and what the pictures in the
 * documentation show. Its blocks follow every rule; only their times are told, where they would have to be waited for.
 */
import { assert, assertPresent } from '../../src/core/assert.ts';
import type { Block } from '../../src/core/block.ts';
import { encodeBlockJson } from '../../src/core/block-json.ts';
import { bodyFromEntries, dataRoot, entryIds } from '../../src/core/body.ts';
import { encodeCanonical } from '../../src/core/canonical-json.ts';
import { signEntry } from '../../src/core/entry-signing.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import { hashToNumber } from '../../src/core/hash.ts';
import { type JsonText, jsonArray, jsonObject, jsonValue, type PlainValue } from '../../src/core/json-text.ts';
import { createParams, type NetworkParams } from '../../src/core/params.ts';
import type { Authorship } from '../../src/core/signed-entry.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateHeader,
} from '../../src/core/validation.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { Random } from '../support/random.ts';
import { ALICE } from '../support/signers.ts';
import { ExplorerWorld } from './world.ts';

/**
 * Three nodes with the whole trade on them, some of it still pending, and three branches that were given up. What the laboratory
 * says it has signed, and the first node keeps a table of records.
 */
export async function startTrade(
  lifetime: Lifetime,
  { blocks = 160, ports }: { readonly blocks?: number; readonly ports?: readonly number[] } = {},
): Promise<ExplorerWorld> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const params = createParams({
    name: 'highland-coffee',
    genesisTime: nowSeconds - Math.floor(0.95 * blocks * INTERVAL_SECONDS),
    blockInterval: INTERVAL_SECONDS,
    halfLife: 12 * INTERVAL_SECONDS,
    targetLimit: EASIEST_BITS,
  });
  const world = await ExplorerWorld.start(lifetime, {
    params,
    indexes: ['/event', '/lot'],
    fullText: true,
    ...(ports === undefined ? {} : { ports }),
  });
  const trade = new Trade(params, nowSeconds);
  const first = world.node(0);
  const forks = [0.4, 0.7, 0.95].map((share) => Math.floor(blocks * share));
  for (const height of [...forks, blocks]) {
    trade.growTo(height);
    await offer(world, trade.blocks);
    if (height === blocks) break;
    // On the chain for a moment, and then given up.
    await offer(world, [...trade.blocks, trade.rival()]);
  }
  for (const [i, count] of [4, 1, 11, 2, 6].entries()) {
    await world.node(i % 3).call('mine', { data: trade.records(count) });
    await world.agreed(world.node(i % 3));
  }
  const pending = trade.records(6);
  await first.call('append', { entries: pending });
  await Promise.all(world.nodes.map((node) => node.statusWhen((status) => status.pending.count === pending.length)));
  await first.whenIndexed((await first.status()).tip.height);
  return world;
}

async function offer(world: ExplorerWorld, blocks: readonly Block[]): Promise<void> {
  const texts = blocks.map((block) => new TextDecoder().decode(encodeBlockJson(block)) as JsonText);
  const params = jsonObject({ blocks: jsonArray(texts), last: jsonValue(true) });
  const answer = await world.node(0).client.call('offer', params, { timeoutMs: OFFER_TIMEOUT_MS });
  assert(JSON.parse(answer).verdict === 'accepted', answer);
  await world.agreed();
}

/** The chain of the trade, as it grows. */
class Trade {
  /** From the genesis. */
  readonly blocks: Block[];
  readonly #params: NetworkParams;
  readonly #chance = new Random('coffee');
  /** What the laboratory has signed last. */
  #certified: Authorship | undefined;
  readonly #latestSeconds: number;
  #tip: ChainPoint;
  /** What the next block holds, where that is known already. */
  #next: readonly Uint8Array[] | undefined;

  constructor(params: NetworkParams, latestSeconds: number) {
    this.#params = params;
    this.#latestSeconds = latestSeconds;
    this.blocks = [createGenesis(params)];
    this.#tip = genesisPoint(params);
  }

  growTo(height: number): void {
    while (this.#tip.header.height < height) {
      const { block, point } = this.#build(this.#tip, this.#next ?? this.#entries());
      this.#next = undefined;
      this.blocks.push(block);
      this.#tip = point;
    }
  }

  /** A block on the tip that holds the entries of the next one and is not the next one. */
  rival(): Block {
    this.#next = this.#entries();
    return this.#build(this.#tip, this.#next).block;
  }

  records(count: number): PlainValue[] {
    return Array.from({ length: count }, () => this.#signed(this.#record()));
  }

  /** The record with the laboratory's signature, if it is one of its own. */
  #signed(record: PlainValue): PlainValue {
    if (!(typeof record === 'object' && record !== null && 'lab' in record)) return record;
    const bytes = encodeCanonical(jsonValue(record), this.#params);
    assert(bytes.ok, 'a record is JSON');
    const signed = signEntry(bytes.value, {
      signer: ALICE,
      sequence: this.#certified === undefined ? 0 : this.#certified.sequence + 1,
      previous: this.#certified?.statement,
      params: this.#params,
    });
    assert(signed.ok, 'a record is an object without a proof');
    this.#certified = signed.value.authorship;
    return JSON.parse(new TextDecoder().decode(signed.value.bytes));
  }

  /** Something that somebody has to say about a lot of coffee. */
  #record(): PlainValue {
    const chance = this.#chance;
    const lot = `ET-${chance.integer(2040, 2069)}`;
    switch (chance.pick(['harvest', 'harvest', 'milling', 'lab', 'transport', 'transport', 'sale'] as const)) {
      case 'harvest':
        return {
          lot,
          event: 'harvested',
          farm: chance.pick(FARMS),
          kg: chance.integer(180, 1400),
          variety: chance.pick(VARIETIES),
        };
      case 'milling':
        return {
          lot,
          event: 'milled',
          mill: chance.pick(MILLS),
          moisture_percent: chance.integer(98, 122) / 10,
          bags: chance.integer(4, 24),
        };
      case 'lab':
        return {
          lot,
          event: 'cupped',
          lab: 'Kaffeelabor Zürich',
          score: chance.integer(320, 364) / 4,
          notes: [chance.pick(NOTES), chance.pick(NOTES)],
          certificate: { standard: 'organic', number: `CH-${chance.integer(10_000, 99_999)}`, valid: true },
        };
      case 'transport':
        return {
          lot,
          event: 'position',
          container: `MSKU${chance.integer(1_000_000, 9_999_999)}`,
          celsius: chance.integer(180, 290) / 10,
          at: { latitude: chance.integer(-3500, 5300) / 100, longitude: chance.integer(200, 4500) / 100 },
        };
      case 'sale':
        return {
          lot,
          event: 'sold',
          buyer: chance.pick(BUYERS),
          price: { amount: chance.integer(610, 1180) / 100, currency: 'USD', per: 'kg' },
        };
    }
  }

  #entries(): Uint8Array[] {
    const count = this.#chance.chance(0.12) ? this.#chance.integer(12, 40) : this.#chance.integer(1, 7);
    return this.records(count).map((record) => {
      const bytes = encodeCanonical(jsonValue(record), this.#params);
      assert(bytes.ok, 'a record is JSON');
      return bytes.value;
    });
  }

  #build(parent: ChainPoint, entries: readonly Uint8Array[]): { block: Block; point: ChainPoint } {
    const body = bodyFromEntries(entries);
    // As blocks come: mostly soon after the last one, at times much later; and whoever mines comes and goes.
    const mean = INTERVAL_SECONDS * (0.9 - 0.3 * Math.sin(parent.header.height / 15));
    const pause = Math.round(-Math.log(1 - this.#chance.fraction()) * mean);
    const candidate = createCandidateHeader({
      parent,
      dataRoot: dataRoot(body.shape, entryIds(body)),
      clockSeconds: Math.min(parent.header.timestamp + pause, this.#latestSeconds),
      params: this.#params,
    });
    const target = assertPresent(bitsToTarget(candidate.bits), 'required bits are a target');
    for (let nonce = 0; ; nonce++) {
      const hashed = hashedHeader({ ...candidate, nonce });
      if (hashToNumber(hashed.hash) > target) continue;
      const point = validateHeader(hashed, parent, this.#params);
      assert(point.ok, 'a built block follows the rules');
      return { block: { hash: hashed.hash, header: hashed.header, body }, point: point.value };
    }
  }
}

const INTERVAL_SECONDS = 60;
/** Some 500 tries a block. */
const EASIEST_BITS = 0x1f7fffff;
const OFFER_TIMEOUT_MS = 60_000;
const FARMS = ['Kochere Wogida', 'Finca El Mirador', 'Gedeb Halo', 'Hacienda Süßwasser', 'Ngoma Hills'];
const MILLS = ['Dilla dry mill', 'Cooperativa La Unión', 'Mill 7'];
const VARIETIES = ['Kurume', 'Dega', 'Bourbon', 'SL28'];
const NOTES = ['jasmine', 'bergamot', 'apricot', 'cocoa', 'honey', 'blackcurrant'];
const BUYERS = ['Rösterei Vier', 'Café Ørsted', '珈琲 Shimada', 'Tostadores del Sur'];
