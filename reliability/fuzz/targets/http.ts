/** What a browser or a program says to the gateway before anybody looks at what it wants. */
import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Type } from 'typebox';
import { formatCursor, parseCursor } from '../../../src/gateway/event-cursor.ts';
import { checkParameters } from '../../../src/gateway/parameter-check.ts';
import { Problem } from '../../../src/gateway/problem.ts';
import { createAllowedHosts, foreignRequest } from '../../../src/gateway/protection.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

export const EVENT_CURSOR: FuzzTarget = {
  name: 'event-cursor',
  claim: 'a cursor is taken where it is spelt as it is written, and anything else is a problem',
  words: ['-', '0', '1', '9999999999', 'f'.repeat(64), '00', '\n'],
  sizeMax: 100,
  weight: 0.5,
  seeds: () => [`0-${'0'.repeat(64)}-0`, `4294967295-${'a'.repeat(64)}-1`].map(bytesOf),
  check(input) {
    const text = textOf(input) ?? '';
    try {
      assert.equal(formatCursor(parseCursor(text)), text, 'it is written as it was read');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      assert.doesNotMatch(text, /^(0|[1-9]\d{0,9})-[0-9a-f]{64}-[01]$/, 'a cursor is one');
    }
  },
};

export const QUERY: FuzzTarget = {
  name: 'query',
  claim: 'parameters are taken where each is one that there is, an integer in plain decimals and in its range',
  words: [
    'limit=',
    'from=',
    'order=',
    '&',
    '1',
    '100',
    '101',
    '-1',
    '1e2',
    '0x1',
    '01',
    '%31',
    '__proto__=',
    'up',
    'down',
  ],
  sizeMax: 200,
  weight: 0.5,
  seeds: () => ['limit=5&from=0', 'order=up', 'limit=100&limit=2', ''].map(bytesOf),
  check(input) {
    const query = new URLSearchParams(textOf(input) ?? '');
    const texts = Object.fromEntries(query);
    const checked = CHECK_QUERY(texts);
    const isRight = Object.entries(texts).every(([name, text]) => {
      if (name === 'limit' || name === 'from') {
        const number = Number(text);
        return (
          String(number) === text &&
          Number.isInteger(number) &&
          number >= 0 &&
          number <= (name === 'limit' ? 100 : 10_000)
        );
      }
      return name === 'order' && (text === 'up' || text === 'down');
    });
    assert.ok(typeof checked === 'object' && checked !== null);
    assert.equal('value' in checked, isRight, `${query}`);
    if ('error' in checked) assert.ok(checked.error instanceof Problem, 'what is refused is told in one form');
  },
};

export const HOST_AND_ORIGIN: FuzzTarget = {
  name: 'host-and-origin',
  claim:
    'a request passes only with a host that is ours, and, from a page, with an origin that a browser gives to ours alone',
  words: [
    'localhost:8080',
    '127.0.0.1:8080',
    '[::1]:8080',
    'http://',
    'https://',
    'null',
    '@',
    '#',
    '?',
    '\\',
    '.',
    'evil.example',
    ':80',
    '\n',
    '/',
  ],
  sizeMax: 200,
  weight: 1,
  seeds: () =>
    [
      'localhost:8080\nhttp://localhost:8080',
      '[::1]:8080\nhttp://[::1]:8080',
      'ledger.example\nhttps://ledger.example',
      '127.0.0.1:8080',
    ].map(bytesOf),
  check(input) {
    const [host = '', origin] = (textOf(input) ?? '').split('\n');
    const message = new IncomingMessage(new Socket());
    message.headers = { host, ...(origin === undefined ? {} : { origin }) };
    message.rawHeaders = ['Host', host];
    if (foreignRequest(message, HOSTS) !== undefined) return;
    assert.ok(OUR_HOSTS.includes(host.toLowerCase()), `${host} is ours`);
    if (origin === undefined) return;
    const url = new URL(origin);
    assert.ok(OUR_HOSTS.includes(url.host), `${origin} is ours`);
  },
};

const CHECK_QUERY = checkParameters({
  schema: Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
      from: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
      order: Type.Optional(Type.Union([Type.Literal('up'), Type.Literal('down')])),
    },
    { additionalProperties: false },
  ),
  method: 'GET',
  url: '/',
  httpPart: 'querystring',
});
const HOSTS = createAllowedHosts({ host: '127.0.0.1', names: ['ledger.example'], port: () => 8080 });
const OUR_HOSTS = ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'ledger.example', 'ledger.example:8080'];
