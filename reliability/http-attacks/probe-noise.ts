/** What no client of the probe socket says. */

/** Bytes to send to a probe socket, by what they are. */
export const PROBE_NOISE: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(100_000)],
  ['ones', Buffer.alloc(100_000, 0xff)],
  ['a size beyond all memory', Buffer.from('9999999999{')],
  ['a size with a sign', Buffer.from('-13       Valid message')],
  ['a size in hex', Buffer.from('0x13      Valid message')],
  ['a size in an exponent', Buffer.from('1e3       Valid message')],
  ['a size padded on the left', Buffer.from('        13Valid message')],
  ['a size in digits that are not ASCII', Buffer.from('１３        Valid message')],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['a greeting of TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
  ['half a header', Buffer.from('13   ')],
  ['half a message', Buffer.from('13        Valid')],
  ['no UTF-8', frame(Buffer.alloc(50, 0xfe))],
  ['brackets without end', frame(Buffer.alloc(1_000_000, '['))],
  ['a chain of brackets', frame(Buffer.from(`[${'[{"index":'.repeat(50_000)}`))],
  ['a chain of one block that is none', frame(Buffer.from('[{"index":0,"__proto__":{"polluted":true}}]'))],
  ['a chain of a million nothings', frame(Buffer.from(`[${'null,'.repeat(400_000)}null]`))],
  ['a call of no method', frame(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{}}'))],
  [
    'a call with an id of a megabyte',
    frame(Buffer.from(`{"jsonrpc":"2.0","id":"${'x'.repeat(1e6)}","method":"status"}`)),
  ],
  ['a call with members without number', frame(Buffer.from(`{${'"a":1,'.repeat(200_000)}"method":"status"}`))],
  ['a number of a megabyte', frame(Buffer.from(`{"jsonrpc":"2.0","id":${'9'.repeat(1e6)},"method":"status"}`))],
  [
    'ten thousand calls',
    Buffer.concat(
      Array.from({ length: 10_000 }, () => frame(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"status"}'))),
    ),
  ],
  ['ten thousand words', Buffer.concat(Array.from({ length: 10_000 }, () => frame(Buffer.from('WORD'))))],
];

function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(String(message.length).padEnd(10)), message]);
}
