#!/usr/bin/env node
/**
 * Starts cairn, on a Node that can run it.
 *
 * Plain JavaScript that also older versions of Node read, and nothing is imported before the version is known. In the
 * repository the sources run as they are, which needs a Node that strips types; in the package they are JavaScript.
 */
const sources = await import('node:fs').then(({ existsSync }) =>
  existsSync(new URL('../src/cli/main.ts', import.meta.url)),
);
const NEEDED = sources ? [24, 13] : [22, 16];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  const { keepCompiled } = sources
    ? await import('../src/cli/compile-cache.ts')
    : await import('../dist/lib/src/cli/compile-cache.js');
  keepCompiled(process.env);
  if (sources) await import('../src/cli/main.ts');
  else await import('../dist/lib/src/cli/main.js');
} else {
  const installed = await findInstalledNode();
  if (installed === undefined) {
    const remedy = sources
      ? 'install that, or run `npm ci` in the folder of cairn, which brings one along'
      : 'install that';
    console.error(
      `cairn: this is Node ${process.versions.node}, and cairn needs ${NEEDED.join('.')} or newer: ${remedy}.`,
    );
    process.exit(78);
  }
  await runOn(installed);
}

/** The Node that npm has installed beside us; undefined where there is none, or where we run on it already. */
async function findInstalledNode() {
  if (process.env.CAIRN_ON_INSTALLED_NODE !== undefined) return undefined;
  const { existsSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const name = process.platform === 'win32' ? 'node/bin/node.exe' : '.bin/node';
  const path = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** Runs this file on the Node at `path`, hands signals on to it, and ends as it ends. */
async function runOn(path) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const { fileURLToPath } = await import('node:url');
  // Before the other starts: a signal that comes as it does would end this process alone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const child = spawn(path, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, CAIRN_ON_INSTALLED_NODE: '1' },
  });
  child.on('error', (error) => {
    console.error(`cairn: ${path} cannot be started (${error.message}): run \`npm ci\` in the folder of cairn again.`);
    process.exit(78);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
