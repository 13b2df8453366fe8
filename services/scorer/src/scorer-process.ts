import { runChild } from '@ddad/jobs/child';
import { applyRefiner } from './apply-refiner.ts';
import { makeKCurve } from './make-k-curve.ts';
import { makeMaps } from './make-maps.ts';
import type { ScorerTask } from './tasks.ts';
import { trainRefiner } from './train-refiner.ts';

runChild<ScorerTask>((task, context) => {
  if (task.type === 'map') return makeMaps(task, context);
  if (task.type === 'k-curve') return makeKCurve(task, context);
  if (task.type === 'refine') return trainRefiner(task, context);
  return applyRefiner(task, context);
});
