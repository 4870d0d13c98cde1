/** The text that Prometheus reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Metric, metricsText } from './metrics-text.ts';

const gauge = (samples: Metric['samples']): Metric => ({ name: 'a', type: 'gauge', help: 'A.', samples });

test('a metric is its help, its type and a line for each sample', () => {
  const counter: Metric = { name: 'b_total', type: 'counter', help: 'B.', samples: [{ labels: {}, value: 3 }] };
  const samples = [
    { labels: { port: '5001', mode: 'always' }, value: 0.5 },
    { labels: { port: '5002' }, value: 1e21 },
  ];
  assert.equal(
    metricsText([gauge(samples), counter]),
    '# HELP a A.\n# TYPE a gauge\na{port="5001",mode="always"} 0.5\na{port="5002"} 1e+21\n' +
      '# HELP b_total B.\n# TYPE b_total counter\nb_total 3\n',
  );
});

test('a metric without samples is left out', () => {
  assert.equal(metricsText([gauge([])]), '');
});

for (const [value, text] of [
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [Number.NaN, 'NaN'],
  [-0.25, '-0.25'],
] as const) {
  test(`${value} is written ${text}`, () => {
    assert.match(metricsText([gauge([{ labels: {}, value }])]), new RegExp(`^a ${text.replace('+', '\\+')}$`, 'm'));
  });
}

test('what would end a label or a line is escaped', () => {
  const text = metricsText([{ ...gauge([{ labels: { name: 'a"b\\c\nd' }, value: 1 }]), help: 'a "b" \\ c\nd' }]);
  assert.equal(text, '# HELP a a "b" \\\\ c\\nd\n# TYPE a gauge\na{name="a\\"b\\\\c\\nd"} 1\n');
});
