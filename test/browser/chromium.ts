/**
 * Chromium out of the package @sparticuz/chromium, with the libraries and the font that it needs: nothing has to be
 * installed on the machine. It is unpacked once for each version and user, into the folder for temporary files.
 */
import { lstat, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { assert } from '../../src/core/assert.ts';

/** A browser that can be started. */
export interface Chromium {
  readonly executable: string;
  /** What its environment has to have beside our own. */
  readonly env: Readonly<Record<string, string>>;
}

/** Why there is no browser here, for tests to be skipped with; false where there is one. */
export function noChromiumReason(): string | false {
  if (process.env['CHROMIUM_PATH'] !== undefined) return false;
  if (process.platform === 'linux' && process.arch === 'x64') return false;
  return `the Chromium among our dependencies is for Linux on x64, this is ${process.platform} on ${process.arch}; CHROMIUM_PATH names another`;
}

/**
 * The Chromium that `CHROMIUM_PATH` names, or ours, unpacked where it has not been. Ours has one font, the same everywhere;
 * with `systemFonts`, for pictures, those of the system as well.
 */
export async function findChromium({ systemFonts = false } = {}): Promise<Chromium> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) return { executable: named, env: {} };
  const folder = await unpackedFolder();
  return {
    executable: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: [join(folder, 'lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
      FONTCONFIG_FILE: join(folder, systemFonts ? 'more-fonts.conf' : 'fonts.conf'),
    },
  };
}

/** Where it is unpacked, whole: it is made under another name, so that processes that do so at once find one or make one. */
async function unpackedFolder(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `cairn-chromium-${version}-${user}`);
  if (await isOurs(folder, user)) return folder;
  const making = await mkdtemp(`${folder}-`);
  try {
    await unpackInto(making, folder);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (!(await isOurs(folder, user))) throw error;
  }
  return folder;
}

/** Whether `folder` is there. What another user has put there under our name is never started. */
async function isOurs(folder: string, user: number): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats === undefined) return false;
  assert(stats.isDirectory() && stats.uid === user, `${folder} is a folder of ours`);
  return true;
}

async function unpackInto(making: string, folder: string): Promise<void> {
  const [chromium, libraries, fonts] = await Promise.all(
    ['chromium.br', 'al2023.tar.br', 'fonts.tar.br'].map(async (name) =>
      decompress(await readFile(join(PACKAGE, 'bin', name))),
    ),
  );
  await writeFile(join(making, 'chromium'), chromium ?? '', { mode: 0o700 });
  for (const { path, content } of [...filesOfTar(libraries), ...filesOfTar(fonts)]) {
    const kind = path.endsWith('.ttf') ? 'fonts' : 'lib';
    await mkdir(join(making, kind), { recursive: true });
    await writeFile(join(making, kind, basename(path)), content, { mode: 0o600 });
  }
  await writeFile(join(making, 'fonts.conf'), fontSettings(folder, []));
  await writeFile(
    join(making, 'more-fonts.conf'),
    fontSettings(folder, ['/usr/share/fonts', '/usr/local/share/fonts']),
  );
}

/** The files of an archive, in the format that POSIX calls ustar. Names longer than 100 bytes do not occur in ours. */
function* filesOfTar(archive: Buffer = Buffer.alloc(0)): Generator<{ path: string; content: Buffer }> {
  let at = 0;
  while (at + TAR_BLOCK <= archive.length && archive[at] !== 0) {
    const path = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const sizeBytes = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8);
    const isFile = ['0', '\0'].includes(String.fromCharCode(archive[at + 156] ?? 0));
    at += TAR_BLOCK;
    if (isFile) yield { path, content: archive.subarray(at, at + sizeBytes) };
    at += Math.ceil(sizeBytes / TAR_BLOCK) * TAR_BLOCK;
  }
}

/** Without a font no text has a height, and what has none counts as hidden. */
function fontSettings(folder: string, systemFolders: readonly string[]): string {
  const folders = [join(folder, 'fonts'), ...systemFolders].map((path) => `<dir>${path}</dir>`).join('');
  const prefer = (name: string, ...fonts: readonly string[]) =>
    `<alias><family>${name}</family><prefer>${fonts.map((font) => `<family>${font}</family>`).join('')}</prefer></alias>`;
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>${folders}<cachedir>${join(folder, 'font-cache')}</cachedir>
${prefer('sans-serif', 'Open Sans')}${prefer('system-ui', 'Open Sans')}${prefer('monospace', 'DejaVu Sans Mono', 'Liberation Mono')}
</fontconfig>
`;
}

const decompress = promisify(brotliDecompress);
const PACKAGE = dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))));
const TAR_BLOCK = 512;
