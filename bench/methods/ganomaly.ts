import { randomStream } from '@ddad/compute';
import { firstWeights, ganomalyStep } from '../../packages/methods/ganomaly/train-generator.ts';
import type { MethodCase } from './method-case.ts';

const [imageSize, batchSize] = [64, 64];

/** GANomaly at its defaults: a step of the generator and one of the discriminator, on 64 images of 64 px. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const images = new Float32Array(batchSize * imageSize * imageSize);
    randomStream(0, 'images').fillUniform(-1, 1, images);
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
