import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hrefTo, parsePort, parseRoute } from './router.ts';

const SETTINGS = { seed: 20261122, numRuns: 300 };

describe('an address', () => {
  const cases: readonly [string, ReturnType<typeof parseRoute>['page'], string][] = [
    ['', 'home', ''],
    ['#', 'home', ''],
    ['#/', 'home', ''],
    ['#/blocks', 'blocks', ''],
    ['#/block/12', 'block', '12'],
    ['#/node/5001', 'node', '5001'],
    ['#/records', 'records', ''],
    ['#/author/did:key:z6Mk', 'author', 'did:key:z6Mk'],
    ['#/author/did%3Akey%3Az6Mk', 'author', 'did:key:z6Mk'],
    ['#/author', undefined, ''],
    ['#/block', undefined, ''],
    ['#/blocks/12', undefined, '12'],
    ['#/block/12/more', undefined, '12'],
    ['#/home', undefined, ''],
    ['#/constructor', undefined, ''],
    ['#/__proto__/1', undefined, '1'],
    ['#/entry/%E0%A4%A', 'entry', '%E0%A4%A'],
  ];
  for (const [hash, page, id] of cases) {
    it(`${JSON.stringify(hash)} names ${page ?? 'no page'}`, () => {
      const route = parseRoute(hash);
      assert.equal(route.page, page);
      assert.equal(route.id, id);
    });
  }

  it('chooses the node that is asked, and keeps what else it asks', () => {
    const route = parseRoute('#/search?text=a%26b%3F&node=5002');
    assert.equal(route.page, 'search');
    assert.equal(route.node, 5002);
    assert.deepEqual({ ...route.query }, { text: 'a&b?' });
  });

  it('has a name as often as there are lines in what is asked by it, as the interface takes it', () => {
    const href = hrefTo('records', { query: { where: '/a>=1\n/b=x' } });
    assert.equal(href, '#/records?where=%2Fa%3E%3D1&where=%2Fb%3Dx');
    assert.deepEqual({ ...parseRoute(href).query }, { where: '/a>=1\n/b=x' });
    assert.equal(hrefTo('author', { id: 'did:key:z6Mk' }), '#/author/did:key:z6Mk');
  });

  it('chooses no node where none is named well', () => {
    assert.equal(parseRoute('#/?node=abc').node, undefined);
    assert.equal(parseRoute('#/?node=0').node, undefined);
    assert.equal(parseRoute('#/?node=65536').node, undefined);
    assert.equal(parsePort('65535'), 65_535);
  });

  it('that was made is read as what it was made of', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((value) => value.isWellFormed());
    const key = fc.string().filter((value) => value !== 'node' && value !== '__proto__');
    fc.assert(
      fc.property(
        text,
        fc.dictionary(key, text, { noNullPrototype: true }),
        fc.integer({ min: 1, max: 65_535 }),
        (id, query, node) => {
          const route = parseRoute(hrefTo('entry', { id, query, node }));
          assert.deepEqual({ ...route, query: { ...route.query } }, { page: 'entry', id, node, query });
        },
      ),
      SETTINGS,
    );
  });
});
