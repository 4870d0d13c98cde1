import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadMachineCode } from './machine-code.ts';

const INCREMENT = Uint8Array.of(0x83, 0x07, 0x01, 0xc3); // add dword [rdi], 1; ret
const DECREMENT = Uint8Array.of(0x83, 0x2f, 0x01, 0xc3); // sub dword [rdi], 1; ret
const native = { code: INCREMENT, memoryWords: 4 };

/** A folder that there is not. */
const NONE = '';

const isSupported = process.platform === 'linux' && process.arch === 'x64';
const skip = isSupported ? false : 'machine code is for Linux on x64';

test('other platforms and processors are refused by name', () => {
  for (const [platform, arch] of [
    ['darwin', 'x64'],
    ['win32', 'x64'],
    ['linux', 'arm64'],
  ]) {
    const before = { platform: process.platform, arch: process.arch };
    Object.defineProperties(process, { platform: { value: platform }, arch: { value: arch } });
    try {
      assert.throws(() => loadMachineCode(native), {
        name: 'KernelError',
        code: 'platform-unsupported',
        message: `Machine code is written for Linux on x64, and this is ${platform} on ${arch}: use another kernel.`,
      });
    } finally {
      Object.defineProperties(process, { platform: { value: before.platform }, arch: { value: before.arch } });
    }
  }
});

describe('machine code', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-code-test-'));
  const temporaryFolder = process.env['TMPDIR'];
  before(() => {
    process.env['TMPDIR'] = folder;
  });
  after(() => {
    if (temporaryFolder === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporaryFolder;
    rmSync(folder, { recursive: true });
  });

  test('runs on the memory that it is given, at once and in place', () => {
    const increment = loadMachineCode(native);
    const memory = Uint32Array.of(41, 1, 2, 3);
    assert.equal(increment(memory), undefined);
    assert.deepEqual([...memory], [42, 1, 2, 3]);
    for (let i = 0; i < 100_000; i++) increment(memory);
    assert.deepEqual([...memory], [100_042, 1, 2, 3]);
  });

  test('runs on a view of larger memory, and on memory that threads share', () => {
    const increment = loadMachineCode(native);
    const whole = new Uint32Array(8);
    increment(whole.subarray(3));
    assert.deepEqual([...whole], [0, 0, 0, 1, 0, 0, 0, 0]);
    const shared = new Uint32Array(new SharedArrayBuffer(16));
    increment(shared);
    assert.deepEqual([...shared], [1, 0, 0, 0]);
  });

  test('can be loaded many times, and each load is itself', () => {
    const increment = loadMachineCode(native);
    const decrement = loadMachineCode({ ...native, code: DECREMENT });
    const incrementAgain = loadMachineCode(native);
    const memory = Uint32Array.of(10, 0, 0, 0);
    increment(memory);
    decrement(memory);
    decrement(memory);
    incrementAgain(memory);
    increment(memory);
    assert.equal(memory[0], 11);
  });

  test('is not run on anything but words, and enough of them', () => {
    // Deliberately apart from the type, as a mistake would be.
    const increment = loadMachineCode(native) as (value?: unknown) => void;
    const detached = new Uint32Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    const signed = new Int32Array(4);
    const short = new Uint32Array(3);
    const buffer = new ArrayBuffer(16);
    const refused = [
      signed,
      short,
      detached,
      buffer,
      new DataView(buffer),
      [1, 2, 3, 4],
      {},
      7,
      'text',
      null,
      undefined,
    ];
    for (const value of refused) {
      assert.throws(() => increment(value), {
        name: 'TypeError',
        message: 'The machine code takes one Uint32Array, of 4 words or more.',
      });
    }
    assert.throws(() => increment(), TypeError);
    assert.deepEqual([...signed, ...short, ...new Uint32Array(buffer)], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('leaves no file and no open descriptor', () => {
    loadMachineCode(native);
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i++) loadMachineCode(native);
    assert.equal(readdirSync('/proc/self/fd').length, before);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('is readable or executable in memory, and nowhere writable', () => {
    const before = new Set(mappings(folder));
    loadMachineCode(native);
    const added = mappings(folder).filter((line) => !before.has(line));
    const permissions = added.map((line) => line.split(' ')[1]);
    assert.deepEqual(permissions, ['r--p', 'r--p', 'r-xp']);
  });

  test('runs in worker threads, and is gone from memory when they are', async () => {
    const url = new URL('machine-code.ts', import.meta.url).href;
    const source = `
      import(${JSON.stringify(url)}).then(({ loadMachineCode }) => {
        const memory = new Uint32Array(4);
        const native = { code: Uint8Array.of(${INCREMENT}), memoryWords: 4 };
        for (let i = 0; i < 3; i++) loadMachineCode(native)(memory);
        require('node:worker_threads').parentPort.postMessage(memory[0]);
      });`;
    const before = mappings(folder).length;
    for (const workers of [1, 3]) {
      await Promise.all(
        Array.from({ length: workers }, async () => {
          const worker = new Worker(source, { eval: true });
          const ended = once(worker, 'exit');
          assert.deepEqual(await once(worker, 'message'), [3]);
          await ended;
        }),
      );
      assert.equal(mappings(folder).length, before);
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  test('is refused where others could put a file of theirs in its place', () => {
    const open = join(folder, 'open');
    const own = join(open, 'own');
    mkdirSync(own, { recursive: true });
    for (const [mode, isRefused] of [
      [0o777, true],
      [0o1777, false],
      [0o755, false],
    ] as const) {
      chmodSync(open, mode);
      for (const from of [open, own]) {
        process.env['TMPDIR'] = from;
        const load = () => loadMachineCode(native);
        if (isRefused) assert.throws(load, { code: 'load-failed', message: / everybody may write to .*\/open and / });
        else assert.doesNotThrow(load);
      }
    }
    process.env['TMPDIR'] = folder;
    rmSync(open, { recursive: true });
  });

  const reading = '--allow-fs-read=*';
  const writing = `--allow-fs-write=${folder}`;
  const cases = [
    {
      claim: 'is loaded where the permission model allows for it',
      flags: ['--permission', reading, writing, '--allow-addons'],
      outcome: 'loaded',
    },
    {
      claim: 'is refused where Node may not write files',
      flags: ['--permission', reading, '--allow-addons'],
      outcome: 'not-permitted',
      says: `--allow-fs-write=${folder}, --allow-fs-read`,
    },
    {
      claim: 'is refused where Node may not load add-ons',
      flags: ['--permission', reading, writing],
      outcome: 'not-permitted',
      says: 'give it --allow-addons',
    },
    {
      claim: 'is refused where Node was told to load no add-ons',
      flags: ['--no-addons'],
      outcome: 'not-permitted',
      says: 'leave out --no-addons',
    },
    {
      claim: 'is refused where there is no temporary folder',
      from: join(folder, 'missing'),
      outcome: 'load-failed',
      says: 'set TMPDIR to a folder that can be written to',
    },
    {
      claim: 'is refused where nothing can be written to the temporary folder',
      from: '/proc',
      outcome: 'load-failed',
      says: 'set TMPDIR to a folder that can be written to',
    },
    {
      claim: 'is refused where nothing can be run from the temporary folder',
      from: noExecFolder(),
      outcome: 'load-failed',
      says: 'failed to map segment',
    },
  ];
  for (const { claim, flags = [], from = folder, outcome, says = '' } of cases) {
    test(claim, { skip: from === NONE && 'no folder here is mounted noexec and can be written to' }, () => {
      const loaded = loadInChild(flags, from);
      assert.equal(loaded.outcome, outcome, loaded.message);
      assert.ok(loaded.message.includes(says), loaded.message);
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});

/** The parts of code from `folder` that this process has in memory: a line each, with address and permissions. */
function mappings(folder: string): readonly string[] {
  return readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`${folder}/cairn-machine-code-`));
}

/** Loads and runs the code in a process of its own, and answers `loaded` or the code and message of the error. */
function loadInChild(flags: readonly string[], temporaryFolder: string): { outcome: string; message: string } {
  const script = `
    import { loadMachineCode } from ${JSON.stringify(new URL('machine-code.ts', import.meta.url))};
    const memory = new Uint32Array(4);
    let answer = { outcome: 'loaded', message: '' };
    try {
      loadMachineCode({ code: Uint8Array.of(${INCREMENT}), memoryWords: 4 })(memory);
    } catch ({ code, message }) {
      answer = { outcome: code, message };
    }
    console.log(JSON.stringify({ ...answer, isRun: memory[0] === 1 }));`;
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporaryFolder },
    // Node warns of --allow-addons.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { outcome, message, isRun } = JSON.parse(output);
  assert.equal(isRun, outcome === 'loaded', 'the code was run if it was loaded');
  return { outcome, message };
}

/** A folder that files can be written to but not run from, or `NONE`. */
function noExecFolder(): string {
  const mounts = readFileSync('/proc/self/mounts', 'latin1').trim().split('\n');
  const folders = mounts.flatMap((mount) => {
    const [, folder = '', , options = ''] = mount.split(' ');
    return options.split(',').includes('noexec') && options.startsWith('rw') ? [folder] : [];
  });
  return folders.find(canHoldFolders) ?? NONE;
}

function canHoldFolders(folder: string): boolean {
  try {
    rmSync(mkdtempSync(join(folder, 'cairn-code-test-')), { recursive: true });
    return true;
  } catch {
    return false;
  }
}
