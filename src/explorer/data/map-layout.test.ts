import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { layoutMap, type MapNode } from './map-layout.ts';

const peer = (id: string) => ({ id, light: id === 'x' });
const node = (port: number, peers: readonly string[]): MapNode => ({
  port,
  peerId: `p${port}`,
  peers: peers.map(peer),
});

describe('the map', () => {
  it('draws a connection once, whichever of the two tells of it', () => {
    const { links } = layoutMap([node(1, ['p2', 'p3']), node(2, ['p1']), node(3, [])]);
    assert.deepEqual(
      links.map(({ from, to }) => [from.port, to.port]),
      [
        [2, 1],
        [1, 3],
      ],
    );
  });

  it('has strangers outside, once each, and says which of them keep no chain', () => {
    const { places, links } = layoutMap([node(1, ['x', 'p2']), node(2, ['x', 'p1'])]);
    const stranger = places.find(({ port }) => port === undefined);
    assert.equal(stranger?.isLight, true);
    assert.equal(places.length, 3);
    assert.equal(links.length, 3);
    // The two stand side by side, and it below them.
    assert.deepEqual(
      places.map(({ y }) => y > (places[0]?.y ?? 0) + 1),
      [false, false, true],
    );
  });

  it('has one alone in the middle, and is empty without any', () => {
    const { places, width } = layoutMap([node(1, [])]);
    assert.equal(places[0]?.x, width / 2);
    assert.deepEqual(layoutMap([]).places, []);
  });

  it('has room for every place, within its frame, whatever the network', () => {
    const network = fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 16,
    });
    fc.assert(
      fc.property(network, (peersOf) => {
        const nodes = peersOf.map((peers, port) =>
          node(
            port,
            [...new Set(peers)].map((id) => `p${id}`),
          ),
        );
        const { places, width, height } = layoutMap(nodes);
        assert.deepEqual(
          layoutMap(nodes.toReversed())
            .places.map(({ id }) => id)
            .sort(),
          places.map(({ id }) => id).sort(),
        );
        for (const [index, a] of places.entries()) {
          assert.ok(a.x >= 40 && a.x <= width - 40 && a.y >= 40 && a.y <= height - 40);
          for (const b of places.slice(index + 1)) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 40, `${a.id} ${b.id}`);
        }
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
});
