/** The plots of the scale report, each once for light pages and once for dark ones. */
import { LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Measurements } from './measurements.ts';
import { expectedStaleShare } from './stale-blocks.ts';

export interface Plot {
  /** The file's, without its ending. */
  readonly name: string;
  readonly svg: string;
}

use([GridComponent, LegendComponent, LineChart, ScatterChart, SVGRenderer, TitleComponent]);

export function drawPlots(measurements: Measurements): Plot[] {
  return Object.entries(THEMES).flatMap(([name, theme]) => [
    { name: `spread-${name}`, svg: draw(spreadOption(measurements, theme), theme) },
    { name: `traffic-${name}`, svg: draw(trafficOption(measurements, theme), theme) },
    { name: `stale-${name}`, svg: draw(staleOption(measurements, theme), theme) },
    { name: `division-${name}`, svg: draw(divisionOption(measurements, theme), theme) },
  ]);
}

interface Theme {
  readonly paper: string;
  readonly text: string;
  readonly faint: string;
  /** Of series, told apart by people who see few colours as well (after Okabe and Ito). */
  readonly colours: readonly [string, string, string];
}

const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: { paper: '#ffffff', text: '#1f2328', faint: '#d1d9e0', colours: ['#0072b2', '#d55e00', '#009e73'] },
  dark: { paper: '#0d1117', text: '#e6edf3', faint: '#3d444d', colours: ['#56b4e9', '#f0a35c', '#3fd0a4'] },
};

/** The largest networks last, so that their marks lie on top. */
const SYMBOLS = ['circle', 'diamond', 'triangle'] as const;

/** One row for each kind of block and size of network: when half, nine in ten and nearly all had the block. */
function spreadOption({ spreads }: Measurements, theme: Theme): EChartsCoreOption {
  const kinds = kindsIn(spreads);
  const rows = kinds.flatMap((kind) =>
    spreads.flatMap(({ nodes, blocks }) => {
      const block = blocks.find((one) => one.kind.name === kind);
      return block === undefined ? [] : [{ label: `${kind}, ${count(nodes)} nodes`, block }];
    }),
  );
  const shares = [
    { name: 'half of the nodes', at: (i: number) => rows[i]?.block.halfMs },
    { name: '90 %', at: (i: number) => rows[i]?.block.nineTenthsMs },
    { name: '99 %', at: (i: number) => rows[i]?.block.nearlyAllMs },
  ];
  return {
    ...frame('Time until a block has reached so many nodes', theme, {
      left: 270,
      legend: shares.map(({ name }) => name),
    }),
    xAxis: { ...axis(theme, 'seconds'), type: 'log', logBase: 2, min: 0.25, max: 16 },
    yAxis: {
      ...axis(theme),
      type: 'category',
      inverse: true,
      data: rows.map(({ label }) => label),
      splitLine: { show: false },
    },
    series: [
      ...rows.map(({ label, block }) => ({
        type: 'line',
        data: [block.halfMs, block.nearlyAllMs].map((ms) => [ms / 1000, label]),
        lineStyle: { color: theme.faint, width: 4 },
        symbol: 'none',
        silent: true,
        z: 1,
      })),
      ...shares.map(({ name, at }, i) => ({
        type: 'scatter',
        name,
        data: rows.map(({ label }, row) => [(at(row) ?? Number.NaN) / 1000, label]),
        symbol: SYMBOLS[i],
        symbolSize: 12,
        z: 3,
        itemStyle: { color: theme.colours[i] },
      })),
    ],
  };
}

/** What each node sends for a block, beside the size of the block itself. */
function trafficOption({ spreads }: Measurements, theme: Theme): EChartsCoreOption {
  const kinds = kindsIn(spreads);
  const all = spreads.flatMap(({ blocks }) => blocks);
  const sizeName = 'the block itself';
  return {
    ...frame('Sent by each node for one block', theme, {
      left: 200,
      legend: [...spreads.map(({ nodes }) => `${count(nodes)} nodes`), sizeName],
    }),
    xAxis: {
      ...axis(theme, 'bytes'),
      type: 'log',
      min: 100,
      max: 10_000_000,
      axisLabel: { color: theme.text, formatter: bytes },
    },
    yAxis: {
      ...axis(theme),
      type: 'category',
      inverse: true,
      data: kinds,
      splitLine: { show: true, lineStyle: { color: theme.faint } },
    },
    series: [
      ...spreads.map(({ nodes, blocks }, i) => ({
        type: 'scatter',
        name: `${count(nodes)} nodes`,
        data: blocks.map(({ kind, bytesPerNode }) => [sum(bytesPerNode.map((one) => one.bytes)), kind.name]),
        symbol: SYMBOLS[i],
        symbolSize: 12,
        // Beside each other where they would lie on each other.
        symbolOffset: [0, 11 * (i - 1)],
        itemStyle: { color: theme.colours[i] },
      })),
      {
        type: 'scatter',
        name: sizeName,
        data: kinds.map((kind) => [all.find((block) => block.kind.name === kind)?.bodyBytes, kind]),
        symbol: 'rect',
        symbolSize: [3, 36],
        itemStyle: { color: theme.text },
      },
    ],
  };
}

/** How many blocks are found in vain, for each block interval, as measured and as the spread of blocks lets expect. */
function staleOption({ staleRates }: Measurements, theme: Theme): EChartsCoreOption {
  const sizes = [...new Set(staleRates.map(({ nodes }) => nodes))];
  const series = sizes.flatMap((nodes, i) => {
    const rates = staleRates.filter((rate) => rate.nodes === nodes);
    const colour = theme.colours[i];
    const measured = {
      type: 'line',
      name: `${count(nodes)} nodes`,
      data: rates.map(({ blockInterval, stale, found }) => [blockInterval, (100 * stale) / found]),
      symbol: SYMBOLS[i],
      symbolSize: 10,
      itemStyle: { color: colour },
      lineStyle: { color: colour, width: 2 },
    };
    const expected = {
      type: 'line',
      name: `${count(nodes)} nodes, expected`,
      data: rates.map((rate) => [rate.blockInterval, 100 * expectedStaleShare(rate)]),
      symbol: 'none',
      itemStyle: { color: colour },
      lineStyle: { color: colour, width: 1.5, type: 'dashed' },
    };
    return [measured, expected];
  });
  return {
    ...frame('Blocks found in vain (dashed: as was to be expected)', theme, {
      left: 70,
      isLines: true,
      legend: sizes.map((nodes) => `${count(nodes)} nodes`),
    }),
    xAxis: { ...axis(theme, 'block interval, seconds'), type: 'log', logBase: 2, min: 1, max: 64 },
    yAxis: { ...axis(theme, '% of blocks'), type: 'value', min: 0 },
    series,
  };
}

/** The share of nodes that follow the half that prevails, from the moment on at which the network is whole again. */
function divisionOption({ divisions }: Measurements, theme: Theme): EChartsCoreOption {
  const series = divisions.map(({ nodes, course }, i) => ({
    type: 'line',
    name: `${count(nodes)} nodes`,
    data: [[0, 50], ...course.map(({ ms, percent }) => [ms / 1000, percent])],
    symbol: 'none',
    itemStyle: { color: theme.colours[i] },
    lineStyle: { color: theme.colours[i], width: 2.5, type: (['solid', 'dashed', 'dotted'] as const)[i] },
  }));
  return {
    ...frame('Halves that were apart for four minutes agree', theme, {
      left: 70,
      isLines: true,
      legend: series.map(({ name }) => name),
    }),
    xAxis: { ...axis(theme, 'seconds since the network is whole again'), type: 'value', min: 0 },
    yAxis: { ...axis(theme, '% of the nodes on one chain'), type: 'value', min: 50, max: 100 },
    series,
  };
}

function frame(
  title: string,
  theme: Theme,
  options: { readonly left: number; readonly legend: readonly string[]; readonly isLines?: boolean },
) {
  return {
    animation: false,
    backgroundColor: theme.paper,
    title: { text: title, left: 16, top: 12, textStyle: { color: theme.text, fontSize: 16, fontFamily: FONT } },
    legend: {
      data: options.legend,
      left: 12,
      top: 40,
      itemGap: 22,
      itemHeight: 12,
      itemWidth: options.isLines === true ? 34 : 14,
      textStyle: { color: theme.text, fontSize: 13, fontFamily: FONT },
    },
    grid: { left: options.left, right: 36, top: 84, bottom: 56 },
    textStyle: { fontFamily: FONT },
  };
}

function axis(theme: Theme, name?: string) {
  return {
    ...(name === undefined ? {} : { name, nameLocation: 'middle' as const, nameGap: 32 }),
    nameTextStyle: { color: theme.text, fontSize: 13 },
    axisLabel: { color: theme.text, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: theme.text } },
    axisTick: { lineStyle: { color: theme.text } },
    splitLine: { show: true, lineStyle: { color: theme.faint } },
  };
}

function draw(option: EChartsCoreOption, theme: Theme): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({ ...option, color: [...theme.colours] });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function kindsIn(spreads: Measurements['spreads']): string[] {
  return [...new Set(spreads.flatMap(({ blocks }) => blocks.map(({ kind }) => kind.name)))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function count(number: number): string {
  return number.toLocaleString('en');
}

/** `1 kB`, `10 MB`. */
function bytes(number: number): string {
  if (number >= 1_000_000) return `${number / 1_000_000} MB`;
  return number >= 1_000 ? `${number / 1_000} kB` : `${number} B`;
}

const WIDTH = 900;
const HEIGHT = 460;
/** Without quotation marks, which would end the attribute that it is written into. */
const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
