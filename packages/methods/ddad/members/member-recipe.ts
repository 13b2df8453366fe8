import type { RecipeName } from '../settings.ts';

/** What of a member's training is not among its settings. */
export interface MemberRecipe {
  /** The weights that count are the plain mean of those behind each of this share of the epochs, the last ones; null: the last weights. */
  averagedShare: number | null;
}

/**
 * What single steps leave in a member's weights is noise in what it differs by from others: `steady` takes it out. Measured in
 * docs/results.md, "Members that hold".
 */
export const memberRecipes: Readonly<Record<RecipeName, MemberRecipe>> = {
  paper: { averagedShare: null },
  steady: { averagedShare: 0.1 },
};
