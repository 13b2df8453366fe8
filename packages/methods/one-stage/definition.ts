import type { PatchRecipe } from '@ddad/anomaly';

/** What a one-stage method is: its name, and the synthetic anomalies by which its network learns. */
export interface OneStageDefinition {
  /** Kinds are called by it, `trained-NAME` and `scored-NAME`, and so are its seeds. */
  name: string;
  /** For headings. */
  title: string;
  /** What the DDAD paper's Table 2 calls it; its form with unlabeled images has a star behind. */
  shortTitle: string;
  /** For `ddad run --help`. */
  summary: string;
  patches: PatchRecipe;
  /** Where patches of the starred form are made otherwise: how, and what a report says of it. */
  starred?: { patches: PatchRecipe; deviation: string };
  /** What else differs from the source. */
  deviations?: readonly string[];
  /**
   * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
   * anomalies, loss, optimiser, layout): keys change with it, and nothing old is reused.
   */
  recipes: { network: number; maps: number };
}

/** How patches are made in a run with, or without, unlabeled images. */
export function patchesOf({ patches, starred }: OneStageDefinition, unlabeled: boolean): PatchRecipe {
  return unlabeled ? (starred?.patches ?? patches) : patches;
}
