/** What became of the connection to a node, in plain words. */
import { type CheckFact, type CheckStep, counted, numberFact, textFact } from '../../core/check-step.ts';
import type { ConvictionFault, LightPeer } from '../../protocol/light-effects.ts';
import type { Door } from './door-dialler.ts';
import type { PeerVerdict, TipFacts, Trouble } from './verdict.ts';

/** What is known of the node behind `door`. */
export function judgePeer(
  door: Pick<Door, 'port' | 'state' | 'peer' | 'trouble'>,
  known: {
    /** As the light client last described it. */
    readonly peer: LightPeer | undefined;
    readonly lie: ConvictionFault | undefined;
    readonly tipHeight: number | undefined;
  },
): PeerVerdict {
  const { peer, lie, tipHeight } = known;
  const isOpen = door.state === 'open';
  const standing =
    lie !== undefined
      ? 'convicted'
      : isOpen
        ? (peer?.standing ?? 'new')
        : door.state === 'dialling'
          ? 'connecting'
          : 'unreachable';
  const shown = peer?.shown === undefined ? undefined : tipFacts(peer.shown);
  const trouble = lie !== undefined ? describeLie(lie) : isOpen ? undefined : (door.trouble ?? partingTrouble(peer));
  return {
    port: door.port,
    standing,
    isConnected: isOpen,
    peerId: door.peer,
    agent: peer?.agent,
    shown,
    claimed: peer?.claimed === undefined ? undefined : tipFacts(peer.claimed),
    text: `${describeStanding(standing, shown, tipHeight, trouble)}${isOpen && peer?.isAhead === true ? AHEAD_TEXT : ''}`,
    trouble,
  };
}

/** Either there is a block too many, or this computer is wrong about the time. */
const AHEAD_TEXT =
  ' It has blocks that are dated ahead of the clock of this computer, and so wait: look whether that clock is right.';

/** How many nodes say the same. */
export function peersStep(peers: readonly PeerVerdict[]): CheckStep {
  const agreeing = peers.filter(({ standing }) => standing === 'agrees').length;
  const isAlone = agreeing <= 1;
  return {
    code: 'peers',
    outcome: 'passed',
    title: 'Asked of the nodes themselves',
    text: isAlone
      ? 'One node has shown this chain to this page, over an encrypted connection of its own. It cannot make up work, but nobody else has said whether there is a chain with more.'
      : `${agreeing} nodes have shown this chain to this page, each over an encrypted connection of its own, and none has shown one with more work.`,
    facts: peers.map(({ port, standing }) => textFact(`port ${port}`, standing)),
  };
}

/** What a node was caught with: what the rule is that it broke, and the facts of its fault. */
export function describeLie(fault: ConvictionFault): Trouble {
  const inner = fault.code === 'chain-proof-header-invalid' ? fault.fault : fault;
  const text =
    LIE_TEXTS[inner.code] ??
    (fault.code.startsWith('chain-proof-')
      ? 'The proof that it gave of its chain does not hold.'
      : 'What it sent breaks a rule that every block keeps.');
  return { code: fault.code, text, facts: factsOf(fault) };
}

function describeStanding(
  standing: PeerVerdict['standing'],
  shown: TipFacts | undefined,
  tipHeight: number | undefined,
  trouble: Trouble | undefined,
): string {
  switch (standing) {
    case 'connecting':
      return 'This page is connecting to the node.';
    case 'unreachable':
      return trouble?.text ?? 'This page has no connection to the node.';
    case 'new':
      return 'Connected. Its chain is being checked.';
    case 'agrees':
      return 'Its chain is the verified one.';
    case 'behind': {
      const blocks = (tipHeight ?? 0) - (shown?.height ?? 0);
      return `Its chain is part of the verified one: ${counted(blocks, 'block is', 'blocks are')} missing.`;
    }
    case 'forked':
      return 'It is on another branch, which is valid and has less work.';
    case 'apart':
      return 'Its chain is valid and has less work; where it parts from the verified one is being asked.';
    case 'silent':
      return 'It says that it has more than it shows, and has not shown it in the time it was given.';
    case 'convicted':
      return `It has lied. ${trouble?.text ?? ''}`.trimEnd();
  }
}

/** Why a node that told no lie was left, where the light client said. */
function partingTrouble(peer: LightPeer | undefined): Trouble | undefined {
  if (peer?.fault === undefined) return undefined;
  const text = PARTING_TEXTS[peer.fault] ?? `The connection was ended (${peer.fault}), and is tried again.`;
  return { code: peer.fault, text, facts: [] };
}

function tipFacts({ height, hash, work }: { height: number; hash: string; work: bigint }): TipFacts {
  return { height, hash, work: work.toString() };
}

function factsOf(fault: ConvictionFault): readonly CheckFact[] {
  const facts: CheckFact[] = [textFact('code', fault.code)];
  for (const [name, value] of Object.entries(fault)) {
    const label = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (name === 'code') continue;
    if (typeof value === 'number' || typeof value === 'bigint') facts.push(numberFact(label, value));
    else if (typeof value === 'string')
      facts.push({ name: label, value, kind: HASH_TEXT.test(value) ? 'hash' : 'text' });
  }
  return facts;
}

const HASH_TEXT = /^[0-9a-f]{64}$/;
const LIE_TEXTS: Readonly<Record<string, string>> = {
  'work-too-low': 'It showed a block whose hash does not meet its target: the work for it was never done.',
  'bits-wrong': 'It showed a block with another difficulty than the rules ask for.',
  'timestamp-before-parent': 'It showed a block that is dated before the one it follows.',
  'history-root-wrong': 'It showed a block whose root over all blocks before it is another than those blocks give.',
  'height-wrong': 'It showed a block with a height that does not follow on the one before.',
  'data-root-wrong': 'It sent entries that are not those of the block they were asked for.',
  'header-proof-wrong': 'It showed a block as part of the chain, and the chain does not contain it.',
  'entry-proof-wrong': 'It showed an entry as part of a block, and the block does not contain it.',
  'chain-proof-work-wrong': 'It claimed more work for its chain than was done.',
  'chain-proof-draw-missed': 'It left out a block of its chain that was drawn to be looked at.',
};
const PARTING_TEXTS: Readonly<Record<string, string>> = {
  'peer-said-goodbye': 'The node has ended the connection: it may have peers enough, or be stopping.',
  'network-other': 'The node belongs to another network than the one that is trusted here.',
  'ping-timeout': 'The node did not answer any more.',
  'handshake-timeout': 'The node did not greet in time.',
};
