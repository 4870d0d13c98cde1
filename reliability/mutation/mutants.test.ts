import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMutants, mutate } from './mutants.ts';

/** What a statement may become by one mistake, in the order of places. */
const mistakesIn = (source: string) => findMutants('src/x.ts', source).map((mutant) => mutate(source, mutant));

const STATEMENTS: readonly (readonly [source: string, mutants: readonly string[]])[] = [
  ['let c = a < b;', ['let c = a <= b;', 'let c = a >= b;']],
  ['let c = a === b;', ['let c = a !== b;']],
  ['let c = a + b;', ['let c = a - b;']],
  ["let c = a + 'x';", ["let c = a + '';"]],
  ['let c = a >>> b;', ['let c = a << b;']],
  ['let c = a && b;', ['let c = a;', 'let c = b;']],
  ['let c = a ?? b;', ['let c = a;', 'let c = b;']],
  ['let c = (a || b) && d;', ['let c = (a || b);', 'let c = d;', 'let c = (a) && d;', 'let c = (b) && d;']],
  ['let c = !a;', ['let c =  a;']],
  ['let c = 7;', ['let c = (7 + 1);']],
  ['let c = 0xffn;', ['let c = 256n;']],
  ['let c = true;', ['let c = false;']],
  ["let c = '';", ["let c = 'mutant';"]],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a source
  ['let c = `a${b}`;', ["let c = '';"]],
  ['let c = [a];', ['let c = [];']],
  ['let c = { a };', ['let c = {};']],
  ['let c = a ? b : d;', ['let c = true ? b : d;', 'let c = false ? b : d;']],
  ['let c = a?.b;', ['let c = a.b;']],
  ['let c = a?.[b];', ['let c = a[b];']],
  ['let c = Math.min(a, b);', ['let c = Math.max(a, b);']],
  ['let c = a.slice(b);', ['let c = a;']],
  ['let c = () => a;', ['let c = () => undefined;']],
  ['let c = () => undefined;', []],
  [
    'let c = /^[ab]{2}$/;',
    ['let c = /[ab]{2}$/;', 'let c = /^[^ab]{2}$/;', 'let c = /^[ab]{3}$/;', 'let c = /^[ab]{2}/;'],
  ],
  ['if (a) b();', ['if (true) b();', 'if (false) b();', 'if (a) ;']],
  ['a += b;', [';', 'a -= b;']],
  ['a++;', ['a--;']],
  ['for (;;) { break; }', ['for (;;) { ; }']],
  ['for (; a; ) b();', ['for (; false; ) b();', 'for (; a; ) ;']],
  ['function f() { return a; }', ['function f() {}']],
  ['switch (a) { case b: d(); }', ['switch (a) { case b:  }', 'switch (a) { case b: ; }']],
];
for (const [source, mutants] of STATEMENTS) {
  test(`${source} can become ${mutants.join(' ')}`, () => {
    assert.deepEqual(mistakesIn(source).toSorted(), mutants.toSorted());
  });
}

for (const source of [
  "import { a } from './a.ts';",
  "export * from './a.ts';",
  "type A = 1 | 'x';",
  "interface A { readonly a: 'x' }",
  "let a: 'x';",
  "assert(a, 'why');",
  "let c = assertPresent(a, 'why');",
]) {
  test(`in ${source} there is no mistake to make that a program would show`, () => {
    assert.deepEqual(mistakesIn(source), []);
  });
}

test('a cast does not hide what is cast', () => {
  assert.deepEqual(mistakesIn('let c = (a && b) as number;'), ['let c = (a) as number;', 'let c = (b) as number;']);
});

test('a mutant knows its line and says its change in short', () => {
  const source = 'let a = b;\n\n  if (a) {\n    c();\n  }\n';
  const blocks = findMutants('src/x.ts', source).filter(({ text }) => text === '{}');
  assert.deepEqual(
    blocks.map(({ path, line, lineNumber, change }) => [path, line, lineNumber, change]),
    [['src/x.ts', 'if (a) {', 3, '{ c(); } → {}']],
  );
});

test('a source that does not parse is told', () => {
  assert.throws(() => findMutants('src/x.ts', 'let let ='), /src\/x\.ts does not parse/);
});
