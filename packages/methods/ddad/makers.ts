import type { Makers } from '../maker.ts';
import { makeKCurve } from './curve/make-k-curve.ts';
import { makeDsu } from './dsu/make-dsu.ts';
import { dsuKind, kCurveKind, mapKind, memberKind, refinedKind, refinerKind } from './kinds.ts';
import { makeMaps } from './maps/make-maps.ts';
import { trainMember } from './members/train-member.ts';
import { applyRefiner } from './refiner/apply-refiner.ts';
import { trainRefiner } from './refiner/train-refiner.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [memberKind.kind]: trainMember,
  [mapKind.kind]: makeMaps,
  [dsuKind.kind]: makeDsu,
  [kCurveKind.kind]: makeKCurve,
  [refinerKind.kind]: trainRefiner,
  [refinedKind.kind]: applyRefiner,
};
