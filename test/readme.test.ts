/** The README's commands, run as they stand on a network started as it says, and their answers compared. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeWorld } from './support/cairn-process.ts';
import { freePort, freePortRow } from './support/free-port.ts';
import { atEnd } from './support/lifetime.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE_PORTS = ['5001', '5002', '5003'];
const GATEWAY_PORT = '8080';

test('the README begins with the two commands, and they are what package.json and CI run', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  assert.ok(readme.indexOf('npm ci && npm start') < readme.indexOf('npm ci && npm test'));
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  assert.ok(scripts.start.includes('network --demo') && scripts.test !== undefined);
  assert.match(await readFile(join(ROOT, '.ci/run'), 'utf8'), /npm ci\nnpm test\n/);
});

test('every command of the README gives the answer that stands there', async (t) => {
  const world = await makeWorld(t);
  const ports = new Map([[GATEWAY_PORT, String(await freePort())]]);
  const basePort = await freePortRow(NODE_PORTS.length);
  for (const [i, port] of NODE_PORTS.entries()) ports.set(port, String(basePort + i));
  const flags = ['--base-port', String(basePort), '--gateway-port', String(ports.get(GATEWAY_PORT))];
  // A process group of its own, to be interrupted as a whole: what Ctrl-C does.
  const network = spawn('npm', ['start', '--', ...flags], {
    cwd: ROOT,
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = network;
  assert.ok(pid !== undefined);
  const closed = once(network, 'close');
  atEnd(t, async () => {
    process.kill(-pid, 'SIGINT');
    await closed;
  });
  const lines: string[] = [];
  network.stdout.on('data', (data) => lines.push(String(data)));
  for await (const line of createInterface({ input: network.stderr })) {
    lines.push(line);
    if (line.includes('stays up')) break;
  }
  network.stderr.resume();
  assert.equal(network.exitCode, null, `npm start did not come up: ${lines.join('\n')}`);

  const examples = readExamples(await readFile(join(ROOT, 'README.md'), 'utf8'));
  assert.ok(examples.length > 10);
  for (const { command, answer } of examples) {
    const missing = await missingTool(command, world.env);
    await t.test(command, { skip: missing === undefined ? false : `${missing} is not on this machine` }, async () => {
      const expected = normalise(replacePorts(answer, ports));
      let printed = normalise(await runShell(replacePorts(command, ports), world.env));
      // What the nodes still have to agree on is asked for again; questions change nothing.
      for (let again = 0; printed !== expected && again < 100 && isQuestion(command); again++) {
        await delay(200);
        printed = normalise(await runShell(replacePorts(command, ports), world.env));
      }
      assert.equal(printed, expected);
    });
  }
});

interface Example {
  readonly command: string;
  readonly answer: string;
}

/** In a fence of the kind `console`, a line `$ command` and, up to the next one, its answer. */
function readExamples(readme: string): Example[] {
  return [...readme.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((example) => {
        const end = example.indexOf('\n');
        return { command: example.slice(0, end), answer: example.slice(end + 1) };
      }),
  );
}

/** A program that the command needs beyond Node, npm and a shell, and that is not here. */
async function missingTool(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const tool of ['curl', 'python3', 'grep']) {
    if (command.includes(tool) && (await runShell(`command -v ${tool}`, env)) === '') return tool;
  }
  return undefined;
}

function isQuestion(command: string): boolean {
  return command.startsWith('curl') && !/-X POST|shutdown/.test(command);
}

async function runShell(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('sh', ['-c', command], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return printed;
}

function replacePorts(words: string, ports: ReadonlyMap<string, string>): string {
  return words.replace(/\b(?:5001|5002|5003|8080)\b/g, (port) => ports.get(port) ?? port);
}

/** Without what differs from run to run: hashes that a time or a nonce goes into, and those themselves. */
function normalise(answer: string): string {
  return answer
    .trim()
    .replaceAll(/"(hash|history_root|prev_hash)":"[0-9a-f]{64}"/g, '"$1":"…"')
    .replaceAll(/"nonce":[0-9]+/g, '"nonce":…')
    .replaceAll(/"bits":"[0-9a-f]{8}"/g, '"bits":"…"')
    .replaceAll(/"timestamp":"[^"]*"/g, '"timestamp":"…"');
}
