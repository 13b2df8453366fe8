import { expect, test } from 'vitest';
import { visiblePoints } from './visible-points.ts';

const chart = { x: 'x', y: 'y', width: 100, height: 400 } as const;

test('leaves out what lies less than a quarter pixel from the last point that is kept, by both axes, but never the ends', () => {
  // In pixels: 0, 0.2 to the right, 0.3 to the right, 0.2 up from there, 0.4 up from there, and 0.1 before the end.
  const points = [
    { x: 0, y: 0 },
    { x: 0.002, y: 0 },
    { x: 0.003, y: 0 },
    { x: 0.003, y: 0.0005 },
    { x: 0.003, y: 0.001 },
    { x: 0.999, y: 1 },
    { x: 1, y: 1 },
  ];
  expect(visiblePoints(points, chart)).toEqual([0, 2, 4, 5, 6].map((place) => points[place]));
  expect(visiblePoints(points.slice(0, 2), chart)).toEqual(points.slice(0, 2));
  expect(visiblePoints([], chart)).toEqual([]);
});

test('no point of the line lies a quarter pixel away from one that is kept', () => {
  const points = Array.from({ length: 20_000 }, (_, at) => ({ x: at / 19_999, y: Math.sqrt(at / 19_999) }));
  const kept = visiblePoints(points, chart);
  expect(kept.length).toBeLessThan(2_100);
  let next = 0;
  for (const point of points) {
    if (point === kept[next]) next += 1;
    const last = kept[next - 1]!;
    expect(Math.hypot((point.x - last.x) * 100, (point.y - last.y) * 400)).toBeLessThan(0.25);
  }
});
