import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { encodeFrame } from '../protocol/frame.ts';
import { FrameWriter } from './frame-writer.ts';

test('messages that wait for each other are written together, in their order', async () => {
  const socket = new NotingSocket();
  const writer = new FrameWriter(socket, Infinity);
  const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  assert.deepEqual(
    await Promise.all(messages.map((message) => writer.send(message))),
    messages.map(() => true),
  );
  assert.deepEqual(socket.writes, [framesOf(...messages)]);
});

test('no more than 64 KiB of small messages are written together', async () => {
  const socket = new NotingSocket();
  const writer = new FrameWriter(socket, Infinity);
  const message = 'x'.repeat(30_000);
  await Promise.all([1, 2, 3, 4, 5].map(() => writer.send(message)));
  const two = framesOf(message, message);
  assert.deepEqual(socket.writes, [two, two, framesOf(message)]);
});

test('what is streamed between two messages keeps its place', async () => {
  const socket = new NotingSocket();
  const writer = new FrameWriter(socket, Infinity);
  async function* chunks() {
    yield Buffer.from('to be ');
    yield Buffer.from('continued');
  }
  const stream = { sizeBytes: 15, chunks: chunks() };
  await Promise.all([
    writer.send('one'),
    writer.sendStreamed({ prefix: '<', stream, suffix: '>' }),
    writer.send('two'),
    writer.send('three'),
  ]);
  assert.equal(socket.writes.join(''), framesOf('one', '<to be continued>', 'two', 'three'));
});

test('who sends where the connection has ended hears so', async () => {
  const socket = new NotingSocket();
  const writer = new FrameWriter(socket, Infinity);
  const sent = [writer.send('one'), writer.send('two')];
  socket.destroy();
  assert.deepEqual(await Promise.all(sent), [false, false]);
});

/** Notes what is handed to the system, and in how many pieces. */
class NotingSocket extends Socket {
  readonly writes: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.writes.push(chunk.toString());
    setImmediate(done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }
}

function framesOf(...messages: readonly string[]): string {
  return Buffer.concat(messages.map((message) => encodeFrame(Buffer.from(message)))).toString();
}
