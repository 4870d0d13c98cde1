/** The multiaddresses by which nodes reach each other: TCP, or a WebSocket over it (docs/spec/wire.md). */

export const PEER_ADDRESS_CHARACTERS_MAX = 256;

/** Whether `text` has the form of an address to dial. That anybody is there is not said. */
export function isPeerAddress(text: string): boolean {
  const port = portOf(text);
  return port !== undefined && port > 0;
}

/** Whether `text` has the form of an address to listen at, where port 0 stands for any free one. */
export function isListenAddress(text: string): boolean {
  return portOf(text) !== undefined && !text.includes('/p2p/');
}

/** The port of an address in the one form there is; undefined for any other text. */
function portOf(text: string): number | undefined {
  if (text.length > PEER_ADDRESS_CHARACTERS_MAX) return undefined;
  const match = ADDRESS_TEXT.exec(text);
  const octets = match?.groups?.['ip4']?.split('.') ?? [];
  const port = Number(match?.groups?.['port'] ?? Number.NaN);
  return port <= PORT_MAX && octets.every((octet) => Number(octet) <= OCTET_MAX) ? port : undefined;
}

const ADDRESS_TEXT =
  /^\/(?:ip4\/(?<ip4>\d{1,3}(?:\.\d{1,3}){3})|ip6\/[0-9a-fA-F:.]+|dns[46]?\/[A-Za-z0-9.-]+)\/tcp\/(?<port>\d{1,5})(?:\/ws)?(?:\/p2p\/[A-Za-z0-9]+)?$/;
const PORT_MAX = 65_535;
const OCTET_MAX = 255;
