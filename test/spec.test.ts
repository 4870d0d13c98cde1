/** That `docs/spec` holds together: with itself, and with the code that cites it. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROBLEMS } from '../src/api/http-problem.ts';
import { readSpecPages } from './support/spec-pages.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const pages = readSpecPages();

test('every place of the specification that the code cites exists', () => {
  const missing: string[] = [];
  for (const { path, text } of sources('src')) {
    for (const [, page = '', anchor] of text.matchAll(/docs\/spec\/([a-z-]+\.md)(?:#([a-z0-9-]+))?/g)) {
      if (!isPlace(page, anchor)) missing.push(`${path}: ${page}#${anchor ?? ''}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every link between the pages leads somewhere', () => {
  const missing: string[] = [];
  for (const { name, links } of pages) {
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const leads = path.startsWith('..') ? existsSync(`${ROOT}docs/spec/${path}`) : isPlace(path || name, anchor);
      if (!leads) missing.push(`${name}: ${link}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('the rules of a page are numbered without a gap, and no number stands twice', () => {
  const letters = pages.filter(({ rules }) => rules.length > 0).map(({ rules }) => rules[0]?.[0]);
  assert.equal(new Set(letters).size, letters.length);
  for (const { name, rules } of pages) {
    const letter = rules[0]?.[0] ?? '';
    const expected = rules.map((_, i) => `${letter}${i + 1}`);
    assert.deepEqual(rules, expected, name);
  }
});

test('every rule that is referred to by its number exists', () => {
  const rules = new Set(pages.flatMap((page) => page.rules));
  for (const { name, text } of pages) {
    for (const [rule] of text
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/(?<![\w+`])[TEHWDPVFLJNGR]\d{1,2}(?!\w)/g)) {
      assert.ok(rules.has(rule), `${name} refers to ${rule}`);
    }
  }
});

test('every code that the sources give to something is described in errors.md', () => {
  const described = describedCodes();
  const given = sources('src').flatMap(({ path, text }) => codesIn(text).map((code) => ({ path, code })));
  assert.ok(given.length > 200);
  const missing = given.filter(({ code }) => !described.has(code) && !INNER_CODES.has(code));
  assert.deepEqual(missing, []);
});

test('a code is found wherever it is given', () => {
  const text = `
    type StoreErrorCode = 'one-a' | 'one-b';
    readonly code = 'two';
    return fail({ code: 'three' });
    throw new CommandError(EXIT_CODES.usage, 'four', message);
    throw problem(
      'five', 'Words.');
    this.#dismiss(peer.id, 'six', 'words');
    return invalid(blocks, 'seven', 'words');
    isNone('eight');
  `;
  assert.deepEqual(codesIn(text).toSorted(), ['five', 'four', 'one-a', 'one-b', 'seven', 'six', 'three', 'two']);
});

test('every code that errors.md describes is in the sources', () => {
  const text = sources('src')
    .map((source) => source.text)
    .join('\n');
  const unknown = [...describedCodes()].filter((code) => !new RegExp(`['"\\s]${code}['":]`).test(text));
  assert.deepEqual(unknown, []);
});

test("every code of the gateway's problems is described in errors.md", () => {
  const described = describedCodes();
  assert.deepEqual(
    Object.keys(PROBLEMS).filter((code) => !described.has(code)),
    [],
  );
});

/** The codes in the first column of the tables, where several may stand in one row. */
function describedCodes(): ReadonlySet<string | undefined> {
  const cells = [...page('errors.md').text.matchAll(/^\| (`[^|]*`) \|/gm)];
  return new Set(cells.flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code)));
}

/** The codes that `text`, a source, gives to faults, errors, problems and refusals. */
function codesIn(text: string): string[] {
  const unions = [...text.matchAll(/\btype \w*Code =([^;]*);/g)].flatMap(([, union = '']) => [
    ...union.matchAll(/'([a-z0-9-]+)'/g),
  ]);
  return [...unions, ...text.matchAll(CODE_GIVEN)].map(([, code = '']) => code);
}

function page(name: string): (typeof pages)[number] {
  const found = pages.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
}

function isPlace(name: string, anchor: string | undefined): boolean {
  const found = pages.find((candidate) => candidate.name === name);
  return found !== undefined && (anchor === undefined || found.anchors.has(anchor));
}

/** The sources under `folder` but for tests. */
function sources(folder: string): { readonly path: string; readonly text: string }[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    .filter((path) => !/\.(?:test|contract|fixture)\.ts$|\/canned-[a-z]+\.ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }));
}

/** A member `code`, or the argument of what makes an error of a code. */
const CODE_GIVEN =
  /(?:\bcode:|\breadonly code =|\b(?:problem|refused|applicationError|configError|(?:Network|Store|NodeKey|Probe|GatewayConfiguration|Ledger)Error)\(|\bCommandError\([^,()]+,|#(?:dismiss|misbehaved)\([^,()]+,|\binvalid\((?:blocks|0|height),)\s*'([a-z0-9-]+)'/g;

/** Codes that a part of the code gives to its neighbour, who makes another of it. */
const INNER_CODES: ReadonlySet<string> = new Set(['connection-ended', 'element-too-large', 'refused']);
