import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isListenAddress, isPeerAddress } from './peer-address.ts';

const ID = '12D3KooWEhsbiX7J6yHzB5tqZ1ZTF5LUf34bBcRwRH4S9AT9T2PT';

for (const address of [
  '/ip4/192.0.2.7/tcp/4001',
  `/ip4/127.0.0.1/tcp/65535/p2p/${ID}`,
  `/ip6/2001:db8::7/tcp/1/ws/p2p/${ID}`,
  '/dns4/node.example/tcp/4001/ws',
  '/dns/localhost/tcp/80',
]) {
  test(`${address} can be dialled`, () => assert.ok(isPeerAddress(address)));
}

for (const address of [
  '',
  '4001',
  'ip4/192.0.2.7/tcp/4001',
  '/ip4/192.0.2.7',
  '/ip4/192.0.2.700/tcp/4001',
  '/ip4/192.0.2/tcp/4001',
  '/ip4/192.0.2.7/tcp/65536',
  '/ip4/192.0.2.7/tcp/0',
  '/ip4/192.0.2.7/udp/4001/quic-v1',
  '/ip4/192.0.2.7/tcp/4001/p2p/',
  '/ip4/192.0.2.7/tcp/4001 ',
  '/unix/tmp/x',
  `/dns/${'x'.repeat(256)}/tcp/4001`,
]) {
  test(`${JSON.stringify(address.slice(0, 40))} cannot be dialled`, () => assert.ok(!isPeerAddress(address)));
}

test('a node listens at any free port where it is told 0, and at no address of another node', () => {
  assert.ok(isListenAddress('/ip4/0.0.0.0/tcp/0') && isListenAddress('/ip6/::/tcp/4001/ws'));
  assert.ok(!isListenAddress(`/ip4/192.0.2.7/tcp/4001/p2p/${ID}`) && !isListenAddress('/ip4/0.0.0.0/udp/0'));
});
