/**
 * An audit log between three organisations, of whom only these three may write: `node examples/audit-log/audit-log.mjs`.
 *
 * Each has a key and runs a node. The network's parameters demand signatures and name the writers, so a block with anything else
 * in it is invalid at every node. In the end an auditor, who has nothing but the hash of the genesis, reads what each of them wrote.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, generateKey } from 'cairn-ledger';

const CAIRN = fileURLToPath(new URL('./bin/cairn.mjs', import.meta.resolve('cairn-ledger/package.json')));
const ORGANISATIONS = ['airport', 'customs', 'forwarder'];

const home = await mkdtemp(join(tmpdir(), 'cairn-audit-log-'));
const processes = [];
try {
  await run();
} finally {
  const running = processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const ended = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGTERM');
  await Promise.all(ended);
  await rm(home, { recursive: true });
}

async function run() {
  // Each makes a key at home, and tells the others its public half.
  const signers = new Map();
  for (const name of ORGANISATIONS) signers.set(name, generateKey().signer);
  const { signer: stranger } = generateKey();

  // What they agree on. Its hash is in the genesis: whoever has other rules is in another network.
  const networkFile = join(home, 'network.json');
  const writers = [...signers.values()].map(({ author }) => author).sort();
  await writeFile(networkFile, JSON.stringify({ name: 'freight-audit', signatures: 'required', writers }));

  // On one machine here. On three, each has `--listen` and the `--peer` of the others.
  const ports = new Map();
  for (const name of ORGANISATIONS) {
    // Port 0 stands for any that is free.
    const flags = ['--data', join(home, name), '--network', networkFile, '--records', '--log', 'warn'];
    const { port } = await start('node', '0', ...flags);
    ports.set(name, port);
  }
  const { url: gateway } = await start('gateway', '--port', '0');

  console.log('Each organisation records at its own node:');
  const ledgers = new Map();
  const last = [];
  for (const [name, signer] of signers) {
    const ledger = await connect(gateway, { node: ports.get(name) });
    ledgers.set(name, ledger);
    // A program that signs for longer keeps its state: see AuthorOptions.
    const author = await ledger.author(signer, { state: { sequence: 0, previous: null, unsent: [] } });
    for (const event of eventsOf(name)) last.push({ ledger, id: await author.append(event) });
    console.log(`  ${name.padEnd(10)} ${author.did}`);
  }
  for (const { ledger, id } of last) await ledger.wait(id);

  console.log('\nWhat others hand in is refused by every node:');
  const airport = ledgers.get('airport');
  const outsider = await airport.author(stranger, { state: { sequence: 0, previous: null, unsent: [] } });
  await refused('an entry that nobody signed', () => airport.append({ crate: 17, seal: 'whole' }));
  await refused("an entry with a stranger's signature", () => outsider.append({ crate: 17, seal: 'whole' }));

  // The auditor trusts no node: only the genesis, which is on the letterhead of all three.
  const auditor = await connect(gateway, { node: ports.get('customs'), genesis: airport.genesis });
  console.log(`\nThe auditor, at the node of customs, in the network ${auditor.network}:`);
  while (!(await isSettled([...ledgers.values()], auditor.records({ author: stranger.author })))) await delay(50);
  for (const [name, { author }] of signers) {
    const records = [];
    for await (const record of auditor.records({ author })) records.push(record);
    console.log(
      `  ${name.padEnd(10)} ${records.length} of its entries, ${isComplete(records, author) ? 'none left out' : 'INCOMPLETE'}`,
    );
    for (const { data, height, checked } of records) {
      console.log(`    block ${height}: crate ${data.crate} ${data.event} (checked: ${checked.join(', ')})`);
    }
  }
}

/**
 * Whether all are at one tip with nothing left to record, where two find a block at once and one of both gives way, and the
 * table of records is, too. `nothing` asks it for what is not there: the answer says up to which block it looked. The height
 * would not do, as the block that gave way has the same.
 */
async function isSettled(ledgers, nothing) {
  const states = await Promise.all(ledgers.map((ledger) => ledger.status()));
  const tips = new Set(states.map(({ tip }) => tip.hash));
  if (tips.size > 1 || states.some(({ pending }) => pending.count > 0)) return false;
  const { value: page } = await nothing.pages().next();
  return tips.has(page.indexedHash);
}

/**
 * Each statement names the one before it: so none can be missing between the first and the last that is shown. They may stand
 * in the chain in another order, where a block gave way.
 */
function isComplete(records, author) {
  const own = records.map(({ authors }) => authors.find((one) => one.author === author));
  own.sort((one, other) => one.sequence - other.sequence);
  return own.every(({ sequence, previous }, i) => sequence === i && previous === own[i - 1]?.statement);
}

function eventsOf(name) {
  const events = {
    airport: ['was unloaded', 'was weighed: 212 kg'],
    customs: ['was opened', 'was sealed again', 'may leave'],
    forwarder: ['was picked up'],
  };
  return events[name].map((event) => ({ crate: 17, event, by: name }));
}

async function refused(what, act) {
  try {
    await act();
    throw new Error(`${what} was recorded`);
  } catch (error) {
    if (error.code === undefined) throw error;
    console.log(`  ${what}: ${error.code}`);
  }
}

/** Starts a command that stays up, and gives what it says of itself once it is ready. */
async function start(...args) {
  const child = spawn(process.execPath, [CAIRN, ...args, '--json'], {
    env: { ...process.env, CAIRN_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'exit').then(() => {
    throw new Error(`cairn ${args.join(' ')} has ended before it was ready`);
  });
  const [line] = await Promise.race([ready, ended]);
  return JSON.parse(line);
}
