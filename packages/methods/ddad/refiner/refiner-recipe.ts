import type { RecipeName } from '../settings.ts';

/** Weights that are a mean over steps. */
export interface AveragedWeights {
  /** Share of the steps that are behind when the mean begins. */
  from: number;
  /** Steps that it looks back over, exponentially, as a share of all steps. */
  horizon: number;
}

/** What of a training is not among its settings. */
export interface RefinerRecipe {
  /** Null: the last weights count. */
  average: AveragedWeights | null;
}

/**
 * `steady` averages over about half of its steps: its loss is flat from early on, while the AUC of single steps' weights goes up and
 * down by tens of points. Measured in docs/results.md, "A refiner that holds".
 */
export const refinerRecipes: Readonly<Record<RecipeName, RefinerRecipe>> = {
  paper: { average: null },
  steady: { average: { from: 0.1, horizon: 0.5 } },
};
