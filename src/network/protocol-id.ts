/**
 * The name of what two nodes speak, `/cairn/<genesis hash>/1`. It is agreed on when a connection opens, so that nodes of
 * different networks part before a message is sent, and it lets each say which network the other one belongs to.
 */

/** What the nodes of the network with this genesis speak. */
export function protocolId(genesisHash: string): string {
  return `/cairn/${genesisHash}/${VERSION}`;
}

export type ProtocolMatch =
  | { readonly type: 'same' }
  | { readonly type: 'network-other'; readonly genesisHashes: readonly string[] }
  /** Our network, in versions that we do not speak. */
  | { readonly type: 'version-other'; readonly versions: readonly string[] }
  /** Not a node of Cairn at all. */
  | { readonly type: 'none' };

/** How a peer that speaks `protocols` stands to the network with the genesis `genesisHash`. */
export function matchProtocols(genesisHash: string, protocols: readonly string[]): ProtocolMatch {
  if (protocols.includes(protocolId(genesisHash))) return { type: 'same' };
  const genesisHashes = new Set<string>();
  const versions = new Set<string>();
  for (const protocol of protocols) {
    const match = PROTOCOL_ID.exec(protocol);
    if (match?.groups === undefined) continue;
    const { hash, version } = match.groups;
    if (hash === undefined || version === undefined) continue;
    if (hash === genesisHash) versions.add(version);
    else genesisHashes.add(hash);
  }
  if (versions.size > 0) return { type: 'version-other', versions: [...versions] };
  if (genesisHashes.size > 0) return { type: 'network-other', genesisHashes: [...genesisHashes] };
  return { type: 'none' };
}

export interface OtherNetwork {
  readonly address: string;
  readonly networkName: string;
  readonly genesisHash: string;
  readonly otherGenesisHashes: readonly string[];
}

/** Says that the node at `address` is of another network, and names both. */
export function describeOtherNetwork({ address, networkName, genesisHash, otherGenesisHashes }: OtherNetwork): string {
  const theirs = otherGenesisHashes.map(shortHash).join(', ');
  return `the node at ${address} belongs to another network: ours is '${networkName}' with genesis ${shortHash(genesisHash)}, theirs has genesis ${theirs}`;
}

/** Enough of a hash for people to tell two networks apart. */
function shortHash(hash: string): string {
  return hash.length > SHORT_HASH_DIGITS ? `${hash.slice(0, SHORT_HASH_DIGITS)}…` : hash;
}

const VERSION = 1;
const SHORT_HASH_DIGITS = 12;
/** What a peer claims goes into messages to people, hence the strictness. */
const PROTOCOL_ID = /^\/cairn\/(?<hash>[0-9a-f]{64})\/(?<version>[0-9]{1,9})$/;
