/** Ways to name something in a path that is no node of the gateway's: it must not even be dialled. */

/** Spellings of `port` on loopback, and of other places, as they may stand where a path has a node's port. */
export function foreignSpellings(port: number): string[] {
  const digits = String(port);
  const hosts = [
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    'localhost.',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '017700000001',
    '0177.0.0.1',
    '127.000.000.001',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
    '[::1%25lo]',
    '169.254.169.254',
    '[fd00:ec2::254]',
    'metadata.google.internal',
    'localtest.me',
    '127.0.0.1.nip.io',
    'user@127.0.0.1',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
  ];
  const paths = hosts.flatMap((host) => [`${host}:${digits}`, encodeURIComponent(`${host}:${digits}`)]);
  return [
    ...paths,
    ...[digits, `0${digits}`, `+${digits}`, `-${digits}`, `${digits}.0`, `${digits}e0`, `0x${port.toString(16)}`],
    ...[
      `0o${port.toString(8)}`,
      `0b${port.toString(2)}`,
      `%20${digits}`,
      `${digits}%20`,
      `${digits}%00`,
      `${digits}%0a`,
    ],
    ...[
      `${port + 65_536}`,
      `${digits},${digits}`,
      `${digits}%2f..%2f${digits}`,
      `${digits}%3f`,
      `${digits}%23`,
      `@${digits}`,
    ],
    ...[
      `:${digits}`,
      `%3a${digits}`,
      `//127.0.0.1:${digits}`,
      `http:%2f%2f127.0.0.1:${digits}`,
      `file:%2f%2f%2fetc%2fpasswd`,
    ],
    ...[fullWidth(digits), 'NaN', 'Infinity', '__proto__', 'constructor', 'toString', '0', '22', '65536', '1e309'],
  ];
}

/** Digits that some readers of numbers take for ASCII's. */
function fullWidth(digits: string): string {
  return encodeURIComponent(String.fromCodePoint(...[...digits].map((digit) => 0xff10 + Number(digit))));
}
