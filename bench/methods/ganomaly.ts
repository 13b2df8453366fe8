import { firstWeights, ganomalyStep } from '../../packages/methods/ganomaly/train-generator.ts';
import type { MethodCase } from './method-case.ts';
import { randomImages } from './random-images.ts';

const [imageSize, batchSize] = [64, 64];

/** GANomaly at its defaults: a step of the generator and one of the discriminator, on 64 images of 64 px. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const images = randomImages(batchSize, imageSize);
    const step = ganomalyStep({ imageSize, batchSize, learningRate: 1e-3 }, { mode: 'graph' });
    step.write(firstWeights(imageSize, batchSize, 1));
    return {
      run() {
        step.run('generator', { images });
        step.run('discriminator', { images });
      },
    };
  },
};
