import type { Makers } from '../maker.ts';
import { networksKind, probabilitiesKind } from './kinds.ts';
import { scoreProbabilities } from './score-probabilities.ts';
import { trainNetworks } from './train-networks.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [networksKind.kind]: trainNetworks,
  [probabilitiesKind.kind]: scoreProbabilities,
};
