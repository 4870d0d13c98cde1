/** Every hostile character by name, for worlds to choose from. */
import type { Actor } from '../actor.ts';
import { GarbagePeer, GreedyAsker, OtherNetworkPeer, Replayer, SilentPeer } from './bad-company.ts';
import { HEADER_FAULTS } from './bad-header.ts';
import { BadHeaderPeer } from './bad-header-peer.ts';
import { BODY_FAULTS, BodyMutator, BodyWithholder, StingyPeer } from './body-peers.ts';
import { DeepForkMiner } from './deep-fork-miner.ts';
import { AddressFlooder, ENTRY_FAULTS, EntrySpammer, InventoryFlooder, OrphanFlooder } from './flooders.ts';
import { datedAhead, datedByTurns } from './forged-times.ts';
import { DeepFlooder, WideFlooder } from './low-work-flooder.ts';
import { Middleman } from './middleman.ts';
import { SelfishMiner } from './selfish-miner.ts';
import type { Props } from './stranger.ts';

export interface Character {
  readonly name: string;
  /** What it does, after "a peer that". */
  readonly about: string;
  /** `hashesPerSecond`: what it may mine with, where it is a miner. */
  create(props: Props, hashesPerSecond: number): Actor;
}

/** All of them. Each one is put on the network by itself, connected to as many nodes as its part wants. */
export const CHARACTERS: readonly Character[] = [
  {
    name: 'deep-flooder',
    about: 'claims the most work of all and shows a long chain without any',
    create: (props) => new DeepFlooder(props, { count: 90, stepSeconds: props.params.blockInterval }),
  },
  {
    name: 'wide-flooder',
    about: 'announces one sibling after the other of blocks that are long buried',
    create: (props) => new WideFlooder(props),
  },
  ...HEADER_FAULTS.map(
    (kind): Character => ({
      name: `bad-header-${kind}`,
      about: `announces headers that are wrong in one thing: ${kind}`,
      create: (props) => new BadHeaderPeer(props, kind),
    }),
  ),
  {
    name: 'withholder-silent',
    about: 'announces blocks and says nothing when their bodies are asked for',
    create: (props) => new BodyWithholder(props, { isSilent: true }),
  },
  {
    name: 'withholder-frank',
    about: 'announces blocks and says that it has not got their bodies',
    create: (props) => new BodyWithholder(props, { isSilent: false }),
  },
  {
    name: 'stingy',
    about: 'shows the chain that everybody has, and never gives a body of it',
    create: (props) => new StingyPeer(props),
  },
  ...BODY_FAULTS.map(
    (kind): Character => ({
      name: `mutator-${kind}`,
      about: `gives a false body for a true header: ${kind}`,
      create: (props) => new BodyMutator(props, kind),
    }),
  ),
  {
    name: 'orphan-flooder',
    about: 'tells of ever new tips whose parents nobody knows',
    create: (props) => new OrphanFlooder(props),
  },
  {
    name: 'inventory-flooder',
    about: 'names ids of entries that there are not',
    create: (props) => new InventoryFlooder(props),
  },
  {
    name: 'address-flooder',
    about: 'tells of addresses where nobody is',
    create: (props) => new AddressFlooder(props),
  },
  ...ENTRY_FAULTS.map(
    (kind): Character => ({
      name: `spammer-${kind}`,
      about:
        kind === 'none' ? 'hands in valid entries without end' : `hands in entries that no block may hold: ${kind}`,
      create: (props) => new EntrySpammer(props, kind),
    }),
  ),
  {
    name: 'silent',
    about: 'claims a chain of the most work and never answers',
    create: (props) => new SilentPeer(props, { greets: true }),
  },
  {
    name: 'mute',
    about: 'connects and does not even greet',
    create: (props) => new SilentPeer(props, { greets: false }),
  },
  {
    name: 'garbage',
    about: 'says what is no message, what nobody asked for, or what breaks the frames',
    create: (props) => new GarbagePeer(props),
  },
  { name: 'replayer', about: 'says again what it has heard before', create: (props) => new Replayer(props) },
  {
    name: 'other-network',
    about: 'is of another network and says so',
    create: (props) => new OtherNetworkPeer(props, { pretends: false }),
  },
  {
    name: 'other-network-hidden',
    about: 'is of another network and pretends to be of this one',
    create: (props) => new OtherNetworkPeer(props, { pretends: true }),
  },
  {
    name: 'greedy',
    about: 'asks for all that can be asked for without end',
    create: (props) => new GreedyAsker(props),
  },
  {
    name: 'slow-middleman',
    about: 'passes on what nodes say to each other ten seconds later',
    create: (props) => new Middleman(props, { delayMs: 10_000, hidesBlocks: false }),
  },
  {
    name: 'hiding-middleman',
    about: 'passes on what nodes say to each other, but no blocks',
    create: (props) => new Middleman(props, { delayMs: 500, hidesBlocks: true }),
  },
  {
    name: 'selfish-miner',
    about: 'mines in secret and shows just enough to make the work of others worthless',
    create: (props, hashesPerSecond) => new SelfishMiner(props, { hashesPerSecond }),
  },
  {
    name: 'deep-fork-miner',
    about: 'keeps a long branch back and shows it at once, dated as late as the rules allow',
    create: (props, hashesPerSecond) =>
      new DeepForkMiner(props, { hashesPerSecond, depth: 6, date: datedAhead(props.params) }),
  },
  {
    name: 'time-forger',
    about: 'mines in secret and dates its blocks early and late by turns',
    create: (props, hashesPerSecond) => new SelfishMiner(props, { hashesPerSecond, date: datedByTurns(props.params) }),
  },
];

/** The character of this name. */
export function characterNamed(name: string): Character | undefined {
  return CHARACTERS.find((character) => character.name === name);
}
