import type { Makers } from '../maker.ts';
import { networksKind, residualsKind } from './kinds.ts';
import { scoreResiduals } from './score-residuals.ts';
import { trainNetworks } from './train-networks.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [networksKind.kind]: trainNetworks,
  [residualsKind.kind]: scoreResiduals,
};
