import type { Makers } from '../maker.ts';
import { encoderKind, ganKind, scoresKind } from './kinds.ts';
import { scoreImages } from './score-images.ts';
import { trainEncoder } from './train-encoder.ts';
import { trainGan } from './train-gan.ts';

/** What makes this method's artifacts. Loads TensorFlow. */
export const makers: Makers = {
  [ganKind.kind]: trainGan,
  [encoderKind.kind]: trainEncoder,
  [scoresKind.kind]: scoreImages,
};
