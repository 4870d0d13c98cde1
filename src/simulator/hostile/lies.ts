/** Every lie that light clients are told, by name. */
import type { Hash } from '../../core/hash.ts';
import { genesisPoint } from '../../core/validation.ts';
import { tipOf } from '../../protocol/light-tip.ts';
import type { Message } from '../../protocol/message.ts';
import { forgeBadHeader, HEADER_FAULTS, type HeaderFaultKind } from './bad-header.ts';
import { bodyOfTexts, cheapHeaders, joinHeaders } from './forge.ts';
import type { Knowledge, Lie } from './lying-peer.ts';

const NO_HEADERS: Message = { type: 'headers', headers: new Uint8Array(0) };

/** By which code a header is found out. */
const CODE_OF: Readonly<Record<Exclude<HeaderFaultKind, 'ahead' | 'genesis'>, string>> = {
  work: 'work-too-low',
  bits: 'bits-wrong',
  time: 'timestamp-before-parent',
  height: 'height-wrong',
  history: 'history-root-wrong',
  version: 'header-version-unknown',
  nonce: 'header-nonce-too-large',
};

const CHAIN_PROOF_CODES = [
  'chain-proof-size-wrong',
  'chain-proof-heights-unordered',
  'chain-proof-tail-too-light',
  'chain-proof-header-invalid',
  'chain-proof-work-wrong',
  'chain-proof-tip-wrong',
] as const;

export const LIES: readonly Lie[] = [
  {
    name: 'changed-proof',
    about: 'claims the most work of all, and changes a byte of the proof',
    codes: CHAIN_PROOF_CODES,
    claim: overstated,
    answer: (message, truth, { random }) => {
      if (message.type === 'get-headers') return [NO_HEADERS];
      return truth.map((said) => {
        if (said.type !== 'chain-proof') return said;
        const proof = said.proof.slice();
        // Within the tip's hash and work, where no byte can be another.
        const at = random.integer(1, 68);
        proof[at] = (proof[at] ?? 0) ^ random.integer(1, 255);
        return { type: 'chain-proof', proof };
      });
    },
  },
  {
    name: 'cut-proof',
    about: 'claims the most work of all, and gives half a proof',
    codes: CHAIN_PROOF_CODES,
    claim: overstated,
    answer: (message, truth) => {
      if (message.type === 'get-headers') return [NO_HEADERS];
      return truth.map((said) => {
        return said.type === 'chain-proof' ? { ...said, proof: said.proof.slice(0, said.proof.length >> 1) } : said;
      });
    },
  },
  ...HEADER_FAULTS.filter((kind) => kind !== 'ahead' && kind !== 'genesis').map(
    (kind): Lie => ({
      name: `bad-header-${kind}`,
      about: `tells of headers that are wrong in one thing: ${kind}`,
      codes: [CODE_OF[kind]],
      news: (knowledge) => [
        { type: 'headers', headers: forgeBadHeader(kind, { ...knowledge, parent: knowledge.tip }) },
      ],
    }),
  ),
  {
    name: 'header-ahead',
    about: 'tells of headers that are dated far ahead',
    codes: [],
    news: (knowledge) => [
      { type: 'headers', headers: forgeBadHeader('ahead', { ...knowledge, parent: knowledge.tip }) },
    ],
  },
  {
    name: 'changed-header-proof',
    about: 'shows headers with more work than they have',
    codes: ['header-proof-wrong'],
    answer: (_, truth) =>
      truth.map((said) => {
        if (said.type !== 'header-proof') return said;
        const headers = said.proof.headers.map(({ bytes, work }) => ({ bytes, work: work + 1n }));
        return { ...said, proof: { ...said.proof, headers } };
      }),
  },
  {
    name: 'changed-entry-proof',
    about: 'shows entries at other places than their own',
    codes: ['entry-proof-wrong'],
    answer: (_, truth) =>
      truth.map((said) => {
        if (said.type !== 'entry-proof') return said;
        return { ...said, proof: { ...said.proof, index: said.proof.index + 1 } };
      }),
  },
  {
    name: 'false-body',
    about: 'gives another body than the block has',
    codes: ['data-root-wrong'],
    answer: (_, truth) =>
      truth.map((said) => (said.type === 'block' ? { ...said, bodyBytes: bodyOfTexts('"false"').bytes } : said)),
  },
  {
    name: 'hider',
    about: 'says that it has nothing of what is asked for',
    codes: [],
    answer: (message, truth) => {
      if (message.type === 'get-entry-proof') return [{ type: 'not-found', hashes: [message.id] }];
      if (message.type === 'get-header-proof') return [{ type: 'not-found', hashes: [message.tip] }];
      return message.type === 'get-blocks' ? [{ type: 'not-found', hashes: message.hashes }] : truth;
    },
  },
  {
    name: 'mute',
    about: 'claims the most work of all, and shows nothing',
    codes: [],
    claim: overstated,
    answer: (message, truth) => (message.type === 'ping' ? truth : []),
    news: () => [],
  },
  {
    name: 'genesis-only',
    about: 'claims the most work of all, and shows a chain without a block',
    codes: [],
    claim: overstated,
    answer: (message, truth) => {
      if (message.type === 'get-headers') return [NO_HEADERS];
      return message.type === 'get-chain-proof' ? [{ type: 'not-found', hashes: [] }] : truth;
    },
    news: () => [],
  },
  {
    name: 'cheap-chain',
    about: 'has no proofs, and shows a chain that took hardly any work',
    codes: [],
    claim: overstated,
    answer: (message, truth, { params }) => {
      if (message.type === 'get-chain-proof') return [{ type: 'not-found', hashes: [] }];
      if (message.type !== 'get-headers') return truth;
      return [{ type: 'headers', headers: joinHeaders(cheapHeaders(params, CHEAP_BLOCKS, 3 * params.blockInterval)) }];
    },
    news: () => [],
  },
  {
    name: 'orphan-news',
    about: 'tells of ever new tips whose parents nobody knows',
    codes: [],
    answer: (message, truth) => (message.type === 'get-headers' ? [NO_HEADERS] : truth),
    news: ({ random }) => [
      { type: 'headers', headers: Uint8Array.from({ length: 118 }, () => random.integer(0, 255)) },
    ],
  },
  {
    name: 'old-tip',
    about: 'hides every block since the genesis',
    codes: [],
    claim: ({ params }) => tipOf(genesisPoint(params)),
    answer: (message, truth) => (message.type === 'ping' ? truth : []),
    news: () => [],
  },
  {
    name: 'babbler',
    about: 'answers what nobody has asked',
    codes: [],
    news: ({ tip, random }) => {
      const { hash } = tip;
      const said: readonly Message[] = [
        { type: 'chain-proof', proof: Uint8Array.of(random.integer(0, 255)) },
        { type: 'block', hash, bodyBytes: bodyOfTexts().bytes },
        { type: 'header-proof', proof: { tip: hash, headers: [], proof: [] } },
        { type: 'block-ids', hash, shape: 'array', ids: [] },
        { type: 'entries', arrayBytes: bodyOfTexts().bytes },
        { type: 'inventory', ids: [hash] },
        { type: 'get-headers', locator: [hash] },
        NO_HEADERS,
      ];
      return Array.from({ length: 8 }, () => random.pick(said));
    },
  },
];

/** More than anybody has. */
function overstated({ tip, random }: Knowledge): ReturnType<typeof tipOf> {
  const hash = Buffer.from(Uint8Array.from({ length: 32 }, () => random.integer(0, 255))).toString('hex') as Hash;
  return { hash, height: tip.header.height + 1_000, work: 1_000n * tip.work };
}

/** Fewer than there are in any world: with more work than the honest have, it would be no lie. */
const CHEAP_BLOCKS = 4;
