/** `cairn keys`, as it is typed. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Did } from '../core/did-key.ts';
import { genesisHash } from '../core/genesis.ts';
import { hashLeaf } from '../core/merkle.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { resolveHome } from '../probe/cairn-home.ts';
import { AuthorBook } from './author-book.ts';
import { runProgram } from './program.ts';

const hasModes = process.platform !== 'win32';
const OPENSSL = 'openssl';
const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

class World {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async make(t: TestContext): Promise<World> {
    const home = await mkdtemp(join(tmpdir(), 'cairn-keys-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    return new World(home);
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /** `answers` are typed, one as soon as each question stands there; without them nobody is at a terminal. */
  async run(args: readonly string[], answers?: readonly string[]) {
    const stdin = Object.assign(new PassThrough(), { isTTY: answers !== undefined });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const out = text(stdout);
    let talk = '';
    stderr.on('data', (chunk) => {
      talk += String(chunk);
    });
    const ended = runProgram(['keys', ...args], {
      streams: { stdin, stdout, stderr },
      env: { CAIRN_HOME: this.home },
    });
    let isRunning = true;
    void ended.finally(() => {
      isRunning = false;
    });
    for (const [i, answer] of (answers ?? []).entries()) {
      while (isRunning && (talk.match(/: (?=\n|$)/g)?.length ?? 0) <= i) await turn();
      stdin.write(answer);
    }
    const exitCode = await ended;
    stdout.end();
    return { exitCode, out: await out, talk };
  }
}

test('a key is made, listed, shown, copied out and taken away', async (t) => {
  const world = await World.make(t);
  const made = await world.run(['create', 'alice']);
  assert.equal(made.exitCode, 0, made.talk);
  assert.match(made.out, /^did:key:z6Mk\w{44}\n$/);
  const author = made.out.trim();
  assert.match((await world.run(['list'])).out, new RegExp(`alice +${author} +no\n`));
  const shown = JSON.parse((await world.run(['show', 'alice', '--json'])).out);
  assert.deepEqual([shown.author, shown.locked, shown.networks], [author, false, []]);
  assert.equal((await world.run(['export', 'alice', world.path('copy.pem')])).exitCode, 0);
  assert.equal((await world.run(['remove', 'alice', '--yes'])).exitCode, 0);
  assert.match((await world.run(['list'])).talk, /no key yet/);
  // And back again.
  assert.equal((await world.run(['import', 'anna', world.path('copy.pem')])).out.trim(), author);
});

test('a key is for its owner alone from the moment it is there', { skip: !hasModes }, async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice']);
  await world.run(['export', 'alice', world.path('copy.pem')]);
  const modes = await Promise.all(
    ['keys', 'keys/alice.pem', 'keys/signed.sqlite', 'copy.pem'].map(
      async (name) => (await stat(world.path(name))).mode & 0o777,
    ),
  );
  assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o600]);
});

test('a key that others may read is refused, and hides no other', { skip: !hasModes }, async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice']);
  await world.run(['create', 'bob']);
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(world.path('keys/bob.pem'), mode);
    const shown = await world.run(['show', 'bob']);
    assert.equal(shown.exitCode, 78);
    assert.match(shown.talk, /other users may use this key \(mode 06\d\d\).*chmod 600/);
  }
  const listed = await world.run(['list']);
  assert.equal(listed.exitCode, 78);
  // By their places: in an author's letters any name may stand.
  assert.match(listed.out, /^alice /m);
  assert.doesNotMatch(listed.out, /^bob /m);
});

test('of a file that is no key nobody is told who else may read it', { skip: !hasModes }, async (t) => {
  const world = await World.make(t);
  await writeFile(world.path('notes.txt'), 'milk, bread', { mode: 0o644 });
  await writeFile(world.path('film.mkv'), Buffer.alloc(100_000, 7), { mode: 0o644 });
  for (const name of ['notes.txt', 'film.mkv']) {
    const { exitCode, talk } = await world.run(['import', 'alice', world.path(name)]);
    assert.equal(exitCode, 78);
    assert.match(talk, /this is no Ed25519 private key in PEM/);
    assert.doesNotMatch(talk, /other users/);
  }
});

test('what is to be done with a key that is not there names those that are', async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice']);
  for (const action of [['remove'], ['show'], ['export', world.path('copy')]]) {
    const { exitCode, talk } = await world.run([action[0] ?? '', 'bob', ...action.slice(1)]);
    assert.equal(exitCode, 2);
    assert.match(talk, /There is no key "bob" in \S+: there are these: alice\.$/m);
  }
});

test('what nobody has asked for is never written over', async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice']);
  const before = await readFile(world.path('keys/alice.pem'), 'utf8');
  for (const args of [
    ['create', 'alice'],
    ['import', 'alice', world.path('keys/alice.pem')],
    ['export', 'alice', world.path('keys/alice.pem')],
  ]) {
    const { exitCode, talk } = await world.run(args);
    assert.equal(exitCode, 1);
    assert.match(talk, /never written over/);
  }
  assert.equal(await readFile(world.path('keys/alice.pem'), 'utf8'), before);
  assert.deepEqual((await readdir(world.path('keys'))).toSorted(), ['alice.pem', 'signed.sqlite']);
});

test('with a passphrase the file holds the key for nobody else, and still says whose it is', async (t) => {
  const world = await World.make(t);
  const made = await world.run(['create', 'alice', '--passphrase'], ['correct horse\r', 'correct horse\r']);
  assert.equal(made.exitCode, 0, made.talk);
  const pem = await readFile(world.path('keys/alice.pem'), 'utf8');
  assert.match(pem, /BEGIN ENCRYPTED PRIVATE KEY/);
  assert.ok(!made.talk.includes('correct horse'));
  assert.equal(createPrivateKey({ key: pem, passphrase: 'correct horse' }).asymmetricKeyType, 'ed25519');
  assert.throws(() => createPrivateKey({ key: pem, passphrase: 'correct horsf' }));
  assert.match((await world.run(['list'])).out, new RegExp(`${made.out.trim()} +yes`));
});

test('OpenSSL reads what we write, and we read what it writes', { skip: !hasOpenssl }, async (t) => {
  const world = await World.make(t);
  await writeFile(world.path('pass'), 'tränen & söhne\n');
  await world.run(['create', 'alice', '--passphrase-file', world.path('pass')]);
  const publicKey = execFileSync(
    OPENSSL,
    [
      'pkey',
      '-in',
      world.path('keys/alice.pem'),
      '-passin',
      `file:${world.path('pass')}`,
      '-pubout',
      '-outform',
      'DER',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const shown = JSON.parse((await world.run(['show', 'alice', '--json'])).out);
  assert.equal(publicKey.subarray(-32).toString('hex'), shown.public_key);
  execFileSync(
    OPENSSL,
    [
      'genpkey',
      '-algorithm',
      'ed25519',
      '-aes256',
      '-pass',
      `file:${world.path('pass')}`,
      '-out',
      world.path('theirs.pem'),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await chmod(world.path('theirs.pem'), 0o600);
  const imported = await world.run([
    'import',
    'theirs',
    world.path('theirs.pem'),
    '--passphrase-file',
    world.path('pass'),
  ]);
  assert.equal(imported.exitCode, 0, imported.talk);
  assert.match((await world.run(['show', 'theirs'])).out, /did:key:z6Mk/);
  assert.match(await readFile(world.path('keys/theirs.pem'), 'utf8'), /^Author: did:key:z6Mk\w+\n-----BEGIN ENCRYPTED/);
});

test('letters with marks are the same however they are typed', async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice', '--passphrase'], ['ca\u0301fe\u0301 noir\r', 'c\u00e1f\u00e9 noir\r']);
  const pem = await readFile(world.path('keys/alice.pem'), 'utf8');
  assert.ok(createPrivateKey({ key: pem, passphrase: 'c\u00e1f\u00e9 noir' }));
});

test('a letter too much is taken back, of more bytes than one, too', async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice', '--passphrase'], ['passphräße\u007f\u007f\u007fase\r', 'passphrase\r']);
  const pem = await readFile(world.path('keys/alice.pem'), 'utf8');
  assert.ok(createPrivateKey({ key: pem, passphrase: 'passphrase' }));
});

for (const [claim, answers, says, exitCode] of [
  ['one that is short', ['short\r'], /too short: it takes 8 characters/, 2],
  ['an empty one', ['\r'], /is empty/, 2],
  ['one that is long', [`${'x'.repeat(1_100)}\r`], /too long/, 2],
  ['two that differ', ['correct horse\r', 'correct house\r'], /not the same; nothing was written/, 2],
  ['Ctrl-C', ['corr\u0003'], /Interrupted/, 130],
] as const) {
  test(`a passphrase will not do: ${claim}`, async (t) => {
    const world = await World.make(t);
    const made = await world.run(['create', 'alice', '--passphrase'], answers);
    assert.equal(made.exitCode, exitCode);
    assert.match(made.talk, says);
    assert.match((await world.run(['list'])).talk, /no key yet/);
  });
}

test('what was made elsewhere is taken from stdin, and locked where that is asked for', async (t) => {
  const world = await World.make(t);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(world.path('plain.pem'), pem, { mode: 0o600 });
  await writeFile(world.path('pass'), 'correct horse\n');
  const imported = await world.run([
    'import',
    'robot',
    world.path('plain.pem'),
    '--passphrase-file',
    world.path('pass'),
  ]);
  assert.equal(imported.exitCode, 0, imported.talk);
  const kept = await readFile(world.path('keys/robot.pem'), 'utf8');
  assert.ok(createPrivateKey({ key: kept, passphrase: 'correct horse' }).equals(privateKey));
});

test('a locked key that says it is of somebody else is refused once it is open', async (t) => {
  const world = await World.make(t);
  await writeFile(world.path('pass'), 'correct horse\n');
  await world.run(['create', 'alice', '--passphrase-file', world.path('pass')]);
  const other = (await world.run(['create', 'bob'])).out.trim();
  const pem = await readFile(world.path('keys/alice.pem'), 'utf8');
  await writeFile(world.path('mixed.pem'), pem.replace(/did:key:\w+/, other), { mode: 0o600 });
  const imported = await world.run([
    'import',
    'mixed',
    world.path('mixed.pem'),
    '--passphrase-file',
    world.path('pass'),
  ]);
  assert.equal(imported.exitCode, 78);
  assert.match(imported.talk, /says that it is the key of/);
});

for (const [claim, content, exitCode, says] of [
  [
    'a key of another kind',
    String(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })),
    78,
    /no Ed25519 private key/,
  ],
  [
    'a public key',
    String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })),
    78,
    /no Ed25519 private key/,
  ],
  ['what is no key', 'hello\n', 78, /no Ed25519 private key/],
  ['a file that is far too large', 'x'.repeat(100_000), 78, /no Ed25519 private key/],
] as const) {
  test(`${claim} is not imported`, async (t) => {
    const world = await World.make(t);
    await writeFile(world.path('file.pem'), content, { mode: 0o600 });
    const imported = await world.run(['import', 'x', world.path('file.pem')]);
    assert.equal(imported.exitCode, exitCode);
    assert.match(imported.talk, says);
  });
}

test('a wrong passphrase opens nothing, and without one somebody must be there to type it', async (t) => {
  const world = await World.make(t);
  await writeFile(world.path('pass'), 'correct horse\n');
  await writeFile(world.path('wrong'), 'correct house\n');
  await world.run(['create', 'alice', '--passphrase-file', world.path('pass')]);
  await world.run(['export', 'alice', world.path('copy.pem')]);
  const wrong = await world.run(['import', 'b', world.path('copy.pem'), '--passphrase-file', world.path('wrong')]);
  assert.deepEqual([wrong.exitCode, /passphrase is wrong/.test(wrong.talk)], [1, true]);
  const none = await world.run(['import', 'b', world.path('copy.pem'), '--passphrase-file', world.path('none')]);
  assert.deepEqual([none.exitCode, /cannot be read/.test(none.talk)], [78, true]);
});

test('a key is removed by whoever types its name, and only then', async (t) => {
  const world = await World.make(t);
  await world.run(['create', 'alice']);
  assert.equal((await world.run(['remove', 'alice'])).exitCode, 2);
  const kept = await world.run(['remove', 'alice'], ['alise\n']);
  assert.deepEqual([kept.exitCode, /Nothing was removed/.test(kept.talk)], [1, true]);
  assert.equal((await world.run(['remove', 'alice'], ['alice\n'])).exitCode, 0);
  const gone = await world.run(['show', 'alice']);
  assert.equal(gone.exitCode, 2);
  assert.match(gone.talk, /There is no key "alice" in .*: there is none at all .*cairn keys create/);
});

test('who removes a key is told what nobody can do without it', async (t) => {
  const world = await World.make(t);
  const author = (await world.run(['create', 'alice'])).out.trim();
  const last = `No other key here signs as ${author}: without a copy nobody can any more.`;
  const [unasked, asked] = [await world.run(['remove', 'alice']), await world.run(['remove', 'alice'], ['no\n'])];
  assert.equal(unasked.talk, `cairn: ${last} Say --yes if "alice" is to be removed.\n`);
  assert.equal(asked.talk, `${last}\nType "alice" to remove the key: Nothing was removed.\n`);
  const book = AuthorBook.open(resolveHome({ CAIRN_HOME: world.home }));
  const [id, place] = [hashLeaf(Buffer.from('{}')), { author: author as Did, genesis: genesisHash(DEFAULT_PARAMS) }];
  const entry = { id, bytes: Buffer.from('{}'), statement: id, note: undefined };
  assert.ok(book.keep(place, { sequence: 0, previous: undefined }, [entry]));
  book.close();
  const waiting = 'Entries signed with it that no node has yet: 1; to hand them in takes the key, too.';
  const removed = await world.run(['remove', 'alice', '--yes']);
  assert.equal(removed.talk, `${last} ${waiting}\nThe key "alice" is gone.\n`);
});

test('who removes a key that is here by another name, too, is told so, and signs on by that', async (t) => {
  const world = await World.make(t);
  const author = (await world.run(['create', 'alice'])).out.trim();
  await writeFile(world.path('pass'), 'correct horse\n');
  const copy = world.path('copy.pem');
  await world.run(['export', 'alice', copy]);
  await world.run(['import', 'anna', copy]);
  await world.run(['import', 'safe', copy, '--passphrase-file', world.path('pass')]);
  // Other authors, and keys that cannot be used, are none of these.
  await world.run(['create', 'bob']);
  await writeFile(world.path('keys/torn.pem'), 'torn', { mode: 0o600 });
  const stays = (names: string) =>
    `The same key stays here as ${names}: who has that can go on signing as ${author}.\n`;
  const unasked = await world.run(['remove', 'alice']);
  assert.equal(unasked.exitCode, 2);
  assert.ok(unasked.talk.includes(stays('"anna", "safe" (under a passphrase)').trim()), unasked.talk);
  const removed = await world.run(['remove', 'alice'], ['alice\n']);
  assert.equal(removed.exitCode, 0);
  assert.ok(removed.talk.startsWith(stays('"anna", "safe" (under a passphrase)')), removed.talk);
  assert.ok((await world.run(['remove', 'anna', '--yes'])).talk.startsWith(stays('"safe" (under a passphrase)')));
  assert.match((await world.run(['remove', 'safe', '--yes'])).talk, /^No other key here signs as/);
});

test('of a locked key that does not say whose it is, nobody is told more than that', async (t) => {
  const world = await World.make(t);
  await writeFile(world.path('pass'), 'correct horse\n');
  await world.run(['create', 'alice', '--passphrase-file', world.path('pass')]);
  const pem = await readFile(world.path('keys/alice.pem'), 'utf8');
  await writeFile(world.path('keys/alice.pem'), pem.replace(/^Author: .*\n/, ''), { mode: 0o600 });
  const removed = await world.run(['remove', 'alice', '--yes']);
  assert.equal(
    removed.talk,
    'Without a copy of this key nobody can sign with it any more.\nThe key "alice" is gone.\n',
  );
});

for (const name of ['Alice', '../alice', '-a', 'a.b', '', 'x'.repeat(65)]) {
  test(`${JSON.stringify(name.slice(0, 12))} names no key`, async (t) => {
    const world = await World.make(t);
    const made = await world.run(['create', '--', name]);
    assert.equal(made.exitCode, 2);
    assert.match(made.talk, /It must be 1 to 64 lower-case letters/);
  });
}
