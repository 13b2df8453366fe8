import { expect, it } from 'vitest';
import { LossCurve, type LossPoint } from './loss-curve.ts';
import { applyCurveChanges, ToldCurves } from './run-snapshot.ts';

it('tells a viewer what it lacks of a curve, and no more', () => {
  const curve = new LossCurve(8);
  const told = new ToldCurves();
  const changes = () => told.changes([['a', curve.points]]);
  curve.add(1, 0.5);
  expect(changes()).toEqual({ a: { keep: 0, points: [[1, 0.5]] } });
  expect(changes()).toEqual({});
  curve.add(2, 0.4);
  expect(changes()).toEqual({ a: { keep: 1, points: [[2, 0.4]] } });
  // Two epochs were lost with a trainer.
  curve.add(1, 0.6);
  expect(changes()).toEqual({ a: { keep: 0, points: [[1, 0.6]] } });
});

it('keeps a viewer in step with a curve that is thinned out', () => {
  const curve = new LossCurve(8);
  const told = new ToldCurves();
  const seen = new Map<string, LossPoint[]>();
  for (let epoch = 1; epoch <= 100; epoch++) {
    curve.add(epoch, 1 / epoch);
    if (epoch % 3 === 0) applyCurveChanges(seen, told.changes([['a', curve.points]]));
  }
  applyCurveChanges(seen, told.changes([['a', curve.points]]));
  expect(seen.get('a')).toEqual(curve.points);
});
