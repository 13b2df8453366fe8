import { type AdamSettings, adamOptimiser } from './adam.ts';
import type { Optimiser } from './optimiser.ts';
import { type RmspropSettings, rmspropOptimiser } from './rmsprop.ts';
import { type SgdSettings, sgdOptimiser } from './sgd.ts';

export { type AdamSettings, adam } from './adam.ts';
export type { Optimiser } from './optimiser.ts';
export { type RmspropSettings, rmsprop } from './rmsprop.ts';
export { type SgdSettings, sgd } from './sgd.ts';

export type OptimiserSettings = AdamSettings | SgdSettings | RmspropSettings;

export function optimiserOf(settings: OptimiserSettings): Optimiser {
  switch (settings.kind) {
    case 'sgd':
      return sgdOptimiser(settings);
    case 'rmsprop':
      return rmspropOptimiser(settings);
    default:
      return adamOptimiser(settings);
  }
}
