import { initialise } from '@ddad/models';
import { classBatches } from '../../packages/methods/cutpaste/class-batches.ts';
import { classifier } from '../../packages/methods/cutpaste/classifier.ts';
import { classifierStep } from '../../packages/methods/cutpaste/train-classifier.ts';
import type { MethodCase } from './method-case.ts';
import { randomImages } from './random-images.ts';

const [side, batchSize] = [64, 32];

/** CutPaste's classifier of three classes, 32 images of 64 px in each. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const images = randomImages(batchSize, side);
    const write = classBatches({ images, side, seed: 1, batchSize });
    const target = new Float32Array(3 * images.length);
    write(0, target);
    const spec = { imageSize: side, batchSize, learningRate: 0.03, steps: 1000 } as const;
    const step = classifierStep(spec, { mode: 'graph' });
    step.write(initialise(classifier('grey').parameters, 1));
    return {
      run: () => step.run('classify', { images: target }),
      inputs: (number) => write(number, target),
    };
  },
};
