/** Data and talk go their own ways, and only people get colours and lines that rewrite themselves. */
import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import type { NodeStatus } from '../api/shapes.ts';
import { createLogger, formatLogLine } from './log.ts';
import type { NodeView } from './network-watch.ts';
import { Terminal } from './terminal.ts';
import { ViewDisplay } from './view-display.ts';

function makeTerminal(isTTY: boolean) {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  const terminal = new Terminal({ stdin: new PassThrough(), stdout, stderr });
  const read = (stream: PassThrough) => (stream.read() ?? '').toString();
  return { terminal, stdout, out: () => read(stdout), talk: () => read(stderr) };
}

test('data goes to stdout and talk to stderr', async () => {
  const { terminal, out, talk } = makeTerminal(false);
  await terminal.print('data');
  terminal.talk('talk');
  terminal.progress('never seen in a file');
  assert.equal(out(), 'data\n');
  assert.equal(talk(), 'talk\n');
});

test('a line of progress is as long as the screen is wide, and gives way to what comes', () => {
  const { terminal, talk } = makeTerminal(true);
  terminal.progress('12345678901234567890');
  terminal.talk('talk');
  assert.equal(talk(), '\r\u001b[2K1234567890123456789\r\u001b[2Ktalk\n');
});

test('a pipe that is closed takes no more data, which is no failure', async () => {
  const { terminal, stdout } = makeTerminal(false);
  stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await new Promise((resolve) => stdout.once('close', resolve));
  assert.equal(await terminal.write('data'), false);
});

test('a full disk behind stdout is said to be one', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(full) });
  const terminal = new Terminal({ stdin: new PassThrough(), stdout, stderr: new PassThrough() });
  await assert.rejects(terminal.print('data'), { code: 'output-failed', message: /no space left/ });
});

test('the log is JSON for programs and a line for people', () => {
  const forPrograms = makeTerminal(false);
  createLogger(forPrograms.terminal, 'warn').warn({ port: 5_001 }, 'look here');
  const line = forPrograms.talk();
  const { time, ...record } = JSON.parse(line);
  assert.deepEqual(record, { level: 40, port: 5_001, msg: 'look here' });
  const clock = new Date(time).toISOString().slice(11, 19);
  assert.equal(formatLogLine(forPrograms.terminal, line), `${clock} warn look here port=5001`);
  const forPeople = makeTerminal(true);
  createLogger(forPeople.terminal, 'warn').warn({ err: new Error('disk full') }, 'look here');
  assert.match(forPeople.talk(), /look here.* err="disk full"/);
});

test('a line that is no log line is left as it is', () => {
  const { terminal } = makeTerminal(false);
  for (const line of ['(node:1) Warning', '{"a":1}', '{', '']) assert.equal(formatLogLine(terminal, line), undefined);
});

const syncOf = (behind: number): NodeStatus['sync'] => ({
  phase: behind === 0 ? 'idle' : 'blocks',
  behind,
  target_height: behind,
  headers_checked: behind,
  per_second: behind === 0 ? null : 11_200,
  seconds_left: behind === 0 ? null : 72,
});

/** The parts of a node's status that are shown. */
function viewOf(port: number, height: number): NodeView {
  const status: Pick<NodeStatus, 'tip' | 'pending' | 'peers' | 'sync'> = {
    tip: { height, hash: String(height).repeat(64), time: '2026-01-01T00:00:00Z', work: '1' },
    pending: { count: 0, size_bytes: 0 },
    peers: 1,
    sync: syncOf(0),
  };
  return { port, status: status as NodeStatus, tipEntries: 3 };
}

test('without a screen a network is told of in lines, each once, without cursor codes', async () => {
  const { terminal, out } = makeTerminal(false);
  const display = new ViewDisplay(terminal);
  await display.show([viewOf(5_001, 0), viewOf(5_002, 0)]);
  await display.show([viewOf(5_001, 1), viewOf(5_002, 0)]);
  const text = out();
  assert.deepEqual(text.match(/node \d+: height \d/g), [
    'node 5001: height 0',
    'node 5002: height 0',
    'node 5001: height 1',
  ]);
  assert(!text.includes('\u001b'));
});

test('on a screen the table takes the place of the one before, and talk goes above it', async () => {
  const { terminal, out, talk } = makeTerminal(true);
  const display = new ViewDisplay(terminal);
  await display.show([viewOf(5_001, 0)]);
  await display.show([viewOf(5_001, 1)]);
  const [, second = ''] = out().split('\u001b[2A\u001b[J');
  assert.match(second, /^node +height .*\n5001 +1 +1{16}… +3 +0 +1\n$/);
  display.talk('news');
  assert.equal(talk(), 'news\n');
  assert.equal(out(), `\u001b[2A\u001b[J${second}`);
});

test('a node of a network that is behind is said to be, and for how long', async () => {
  const { terminal, out } = makeTerminal(true);
  const view = viewOf(5_001, 1);
  await new ViewDisplay(terminal).show([
    { ...view, status: { ...view.status, sync: syncOf(812_334) } },
    viewOf(5_002, 1),
  ]);
  assert.match(out(), / peers {2}behind\n.* 1 {2}812,334 · 11,200\/s · 1 min 12 s left\n.* 1\n$/);
});

test('a line of progress that is over is taken away', () => {
  const { terminal, talk } = makeTerminal(true);
  terminal.progress('half');
  terminal.endProgress();
  terminal.endProgress();
  assert.equal(talk(), '\r\u001b[2Khalf\r\u001b[2K');
});
