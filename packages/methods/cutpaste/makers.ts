import type { Makers } from '../maker.ts';
import { classifierKind, distancesKind } from './kinds.ts';
import { scoreDistances } from './score-distances.ts';
import { trainClassifier } from './train-classifier.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [classifierKind.kind]: trainClassifier,
  [distancesKind.kind]: scoreDistances,
};
