/**
 * Requests that say two things at once, or nothing that HTTP/1.1 knows. Behind each stands another that would stop the node:
 * whoever reads it has cut the bytes in another place than the gateway should.
 */

export interface RawRequest {
  readonly name: string;
  /** Lines end in `\n` here; `HOST` stands for a Host that is the gateway's own, `NODE` for the port of a node. */
  readonly lines: string;
  /** The statuses of the answers, one after the other. */
  readonly statuses: readonly number[];
}

/** The bytes of a request to the gateway at `gatewayPort`, about the node at `nodePort`. */
export function rawBytes({ lines }: RawRequest, gatewayPort: number, nodePort: number): Buffer {
  const text = lines
    .replaceAll('\n', '\r\n')
    .replaceAll('<LF>', '\n')
    .replaceAll('<CR>', '\r')
    .replaceAll('HOST', `Host: localhost:${gatewayPort}`)
    .replaceAll('NODE', String(nodePort));
  return Buffer.from(text, 'latin1');
}

const STOP = 'GET /shutdown/NODE HTTP/1.1\nHOST\n\n';

export const RAW_REQUESTS: readonly RawRequest[] = [
  refused(
    'a length and chunks',
    `POST /livez HTTP/1.1\nHOST\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n${STOP}`,
  ),
  refused(
    'chunks and a length',
    `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n${STOP}`,
  ),
  refused('two lengths', `POST /livez HTTP/1.1\nHOST\nContent-Length: 0\nContent-Length: 60\n\n${STOP}`),
  refused('a list of lengths', `POST /livez HTTP/1.1\nHOST\nContent-Length: 0, 0\n\n${STOP}`),
  refused('a length with a sign', `POST /livez HTTP/1.1\nHOST\nContent-Length: -1\n\n${STOP}`),
  refused(
    'a length beyond every number',
    `POST /livez HTTP/1.1\nHOST\nContent-Length: 99999999999999999999\n\n${STOP}`,
  ),
  refused('a length with an underscore', `POST /livez HTTP/1.1\nHOST\nContent-Length: 1_0\n\n${STOP}`),
  refused('a length in a fraction', `POST /livez HTTP/1.1\nHOST\nContent-Length: 0.0\n\n${STOP}`),
  refused('a coding that is none', `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: xchunked\n\n0\n\n${STOP}`),
  refused('chunked, and then something', `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked, x\n\n0\n\n${STOP}`),
  refused(
    'two codings in two headers',
    `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\nTransfer-Encoding: x\n\n0\n\n${STOP}`,
  ),
  refused('a space before the colon', `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding : chunked\n\n0\n\n${STOP}`),
  refused('a vertical tab in a coding', `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: \x0bchunked\n\n0\n\n${STOP}`),
  refused('a folded header', `GET /livez HTTP/1.1\nHOST\nX-Long: a\n Transfer-Encoding: chunked\n\n${STOP}`),
  refused('a header that begins with a space', `GET /livez HTTP/1.1\n HOST\nHOST\n\n${STOP}`),
  refused('a header without a colon', `GET /livez HTTP/1.1\nHOST\nNothing\n\n${STOP}`),
  refused('a header without a name', `GET /livez HTTP/1.1\nHOST\n: nothing\n\n${STOP}`),
  refused('a null byte in a name', `GET /livez HTTP/1.1\nHOST\nX\0Y: 1\n\n${STOP}`),
  refused('a return alone within a header', `GET /livez HTTP/1.1\nHOST\nX: 1<CR>Y: 2\n\n${STOP}`),
  refused('lines that end in a line feed alone', `GET /livez HTTP/1.1<LF>HOST<LF><LF>${STOP}`),
  refused(
    'a chunk of a size that is none',
    `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n\nz\n\n${STOP}`,
    [400],
  ),
  refused('a chunk with a sign', `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n\n-1\n\n${STOP}`, [400]),
  refused(
    'a chunk of 2^64 bytes',
    `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n\n10000000000000000\n${STOP}`,
    [400],
  ),
  refused(
    'a chunk that is longer than it says',
    `POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n\n1\nab\n0\n\n${STOP}`,
    [405, 400],
  ),
  refused('a greeting of HTTP/2', `PRI * HTTP/2.0\n\nSM\n\n${STOP}`),
  refused('HTTP/0.9', `GET /livez\n\n${STOP}`),
  refused('HTTP/3', `GET /livez HTTP/3.0\nHOST\n\n${STOP}`),
  refused('a version with a digit too many', `GET /livez HTTP/1.10\nHOST\n\n${STOP}`),
  refused('a method that nobody knows', `STEAL /livez HTTP/1.1\nHOST\n\n${STOP}`),
  refused('a method in small letters', `get /livez HTTP/1.1\nHOST\n\n${STOP}`),
  refused('a space in the path', `GET /live z HTTP/1.1\nHOST\n\n${STOP}`),
  refused('a frame of the probe socket', `9         GET CHAIN${STOP}`),
  refused('a path of 20 KiB', `GET /${'x'.repeat(20_000)} HTTP/1.1\nHOST\n\n${STOP}`, [431]),
  refused('headers of 20 KiB', `GET /livez HTTP/1.1\nHOST\nX: ${'x'.repeat(20_000)}\n\n${STOP}`, [431]),
  refused('three thousand headers', `GET /livez HTTP/1.1\nHOST\n${'X-Header-Nr: 1\n'.repeat(3_000)}\n${STOP}`, [431]),
  {
    name: 'another host by its address',
    lines: 'GET http://evil.example/livez HTTP/1.1\nHost: evil.example\nConnection: close\n\n',
    statuses: [403],
  },
  { name: 'a tunnel', lines: 'CONNECT localhost:NODE HTTP/1.1\nHOST\n\n', statuses: [] },
  {
    name: 'an upgrade to HTTP/2',
    lines:
      'GET /livez HTTP/1.1\nHOST\nConnection: Upgrade, HTTP2-Settings, close\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n\n',
    statuses: [200],
  },
  {
    name: 'a WebSocket',
    lines:
      'GET /livez HTTP/1.1\nHOST\nConnection: Upgrade, close\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n',
    statuses: [200],
  },
  { name: 'a trace', lines: 'TRACE /livez HTTP/1.1\nHOST\nConnection: close\n\n', statuses: [405] },
  { name: 'everything there is', lines: 'OPTIONS * HTTP/1.1\nHOST\nConnection: close\n\n', statuses: [204] },
  {
    name: 'a path out of the folder',
    lines: 'GET /../../../../etc/passwd HTTP/1.1\nHOST\nConnection: close\n\n',
    statuses: [404],
  },
  {
    name: 'a spelt path out of the folder',
    lines: 'GET /docs/static/%2e%2e/%2e%2e/package.json HTTP/1.1\nHOST\nConnection: close\n\n',
    statuses: [404],
  },
  {
    name: 'a null byte in the path',
    lines: 'GET /docs/static/index.html%00.js HTTP/1.1\nHOST\nConnection: close\n\n',
    statuses: [404],
  },
  {
    name: 'a percent sign that escapes nothing',
    lines: 'GET /get_chain/%zz HTTP/1.1\nHOST\nConnection: close\n\n',
    statuses: [400],
  },
  {
    name: 'a hundred requests at once',
    lines: `${'GET /livez HTTP/1.1\nHOST\n\n'.repeat(99)}GET /livez HTTP/1.1\nHOST\nConnection: close\n\n`,
    statuses: Array.from({ length: 100 }, () => 200),
  },
  {
    name: 'a page of another site',
    lines: 'GET /shutdown/NODE HTTP/1.1\nHOST\nSec-Fetch-Site: cross-site\nConnection: close\n\n',
    statuses: [403],
  },
  {
    name: 'a form of another site',
    lines:
      'POST /mine_block/NODE HTTP/1.1\nHOST\nOrigin: null\nContent-Type: text/plain\nContent-Length: 1\nConnection: close\n\n1',
    statuses: [403],
  },
  {
    name: 'a name that leads to loopback',
    lines: 'GET /shutdown/NODE HTTP/1.1\nHost: rebound.example:NODE\nConnection: close\n\n',
    statuses: [403],
  },
];

function refused(name: string, lines: string, statuses: readonly number[] = [400]): RawRequest {
  return { name, lines, statuses };
}
