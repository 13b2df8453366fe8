import { line } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { renderChart } from './render-chart.ts';

const points = [
  { x: 0.1851, y: 0 },
  { x: 0.1949, y: 1 / 3 },
];
const { text } = renderChart('What it "shows", from 0.1851 to 0.1949', {
  width: 300,
  height: 200,
  x: { domain: [0.1851, 0.1949], ticks: 5 },
  y: { domain: [0, 1] },
  marks: [line(points, { x: 'x', y: 'y', ariaLabel: () => 'rise' })],
});
const chart = parseHTML(`<body>${text}</body>`).document.querySelector('svg')!;

test('a chart is one image with a name; its lines are named for scripts only', () => {
  expect(chart.getAttribute('role')).toBe('img');
  expect(chart.getAttribute('aria-label')).toBe('What it "shows", from 0.1851 to 0.1949');
  expect(chart.querySelectorAll('[aria-label], [aria-hidden]')).toHaveLength(0);
  expect(chart.querySelectorAll('path[data-mark="rise"]')).toHaveLength(1);
});

test('tells where 0 and 1 of its axes lie', () => {
  // Plot's default margins: 40 left, 20 right, 20 above, 30 below. One unit of y is the whole height, from below.
  expect(chart.getAttribute('data-y')).toBe('170 20');
  const [zero, one] = chart.getAttribute('data-x')!.split(' ').map(Number) as [number, number];
  expect(zero + (one - zero) * 0.1851).toBeCloseTo(40, 2);
  expect(zero + (one - zero) * 0.1949).toBeCloseTo(280, 2);
});

test('shortens coordinates, and no figure that is read', () => {
  expect(chart.querySelector('path[data-mark="rise"]')!.getAttribute('d')).toBe('M40,170L280,120');
  const labels = [...chart.querySelectorAll('text')].map((label) => label.textContent);
  expect(labels).toContain('0.188');
});
