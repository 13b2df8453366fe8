import type { LearningRate } from '@ddad/compute';
import type { RefinerRecipeName } from '../settings.ts';

/** Weights that are a mean over steps. */
export interface AveragedWeights {
  /** Share of the steps that are behind when the mean begins. */
  from: number;
  /** Steps that it looks back over, exponentially, as a share of all steps. */
  horizon: number;
}

/** What of a training is not among its settings. */
export interface RefinerRecipe {
  /** Share of the steps that have the whole learning rate; from there on it falls to 0 on half a cosine. */
  wholeRate: number;
  /** Null: the last weights count. */
  average: AveragedWeights | null;
  /** Whether each map is divided by its mean over the normal images. */
  levelledMaps: boolean;
}

export const refinerRecipes: Readonly<Record<RefinerRecipeName, RefinerRecipe>> = {
  paper: { wholeRate: 1, average: null, levelledMaps: false },
  steady: { wholeRate: 0.5, average: { from: 0.25, horizon: 0.1 }, levelledMaps: false },
};

/** The learning rate of each step of `steps`. */
export function refinerRate(
  { wholeRate }: RefinerRecipe,
  learningRate: number,
  steps: number,
): number | LearningRate {
  if (wholeRate >= 1) return learningRate;
  const first = Math.floor(wholeRate * steps);
  return (done) => {
    const way = Math.min(1, Math.max(0, done - first) / (steps - first));
    return (learningRate * (1 + Math.cos(Math.PI * way))) / 2;
  };
}
