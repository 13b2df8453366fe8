import { runChild } from '@ddad/jobs/child';
import { applyRefiner } from './apply-refiner.ts';
import { makeMaps } from './make-maps.ts';
import type { ScorerTask } from './tasks.ts';
import { trainRefiner } from './train-refiner.ts';

runChild<ScorerTask>((task, context) => {
  if (task.type === 'map') return makeMaps(task, context);
  if (task.type === 'refine') return trainRefiner(task, context);
  return applyRefiner(task, context);
});
