import type { Makers } from '../maker.ts';
import { generatorKind, scoresKind } from './kinds.ts';
import { scoreImages } from './score-images.ts';
import { trainGenerator } from './train-generator.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [generatorKind.kind]: trainGenerator,
  [scoresKind.kind]: scoreImages,
};
