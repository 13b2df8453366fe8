import { expect, it } from 'vitest';
import { LossCurve } from './loss-curve.ts';

it('keeps every epoch while there is room', () => {
  const curve = new LossCurve(8);
  for (const epoch of [1, 2, 3]) curve.add(epoch, 1 / epoch);
  expect(curve.points).toEqual([
    [1, 1],
    [2, 1 / 2],
    [3, 1 / 3],
  ]);
});

it('thins out to even distances, and always has the newest', () => {
  const curve = new LossCurve(8);
  for (let epoch = 1; epoch <= 101; epoch++) {
    curve.add(epoch, epoch);
    expect(curve.points.length).toBeLessThanOrEqual(8);
    expect(curve.points.at(-1)).toEqual([epoch, epoch]);
  }
  // 101 epochs in 8 points: every 16th.
  expect(curve.points.map(([epoch]) => epoch)).toEqual([1, 17, 33, 49, 65, 81, 97, 101]);
});

it('thins out what came with gaps as well', () => {
  const curve = new LossCurve(4);
  for (const epoch of [3, 5, 7, 9, 11, 13]) curve.add(epoch, epoch);
  expect(curve.points.map(([epoch]) => epoch)).toEqual([3, 7, 11, 13]);
});

it('forgets the epochs that a training lost with its trainer', () => {
  const curve = new LossCurve(8);
  for (const epoch of [1, 2, 3, 4]) curve.add(epoch, epoch);
  curve.add(3, 9);
  expect(curve.points).toEqual([
    [1, 1],
    [2, 2],
    [3, 9],
  ]);
});

it('has a new version only where something is new', () => {
  const curve = new LossCurve(8);
  curve.add(1, 0.5);
  const { version } = curve;
  curve.add(1, 0.5);
  expect(curve.version).toBe(version);
  curve.replace([0.7, 0.6]);
  expect(curve.version).toBeGreaterThan(version);
  expect(curve.points).toEqual([
    [1, 0.7],
    [2, 0.6],
  ]);
});
