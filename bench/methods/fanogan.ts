import { randomStream } from '@ddad/compute';
import { initialise } from '@ddad/models';
import { codeSize } from '../../packages/methods/fanogan/architecture.ts';
import { criticTurns } from '../../packages/methods/fanogan/settings.ts';
import { ganParameters, ganStep } from '../../packages/methods/fanogan/train-gan.ts';
import type { MethodCase } from './method-case.ts';
import { randomImages } from './random-images.ts';

const [imageSize, width, batchSize] = [64, 16, 16];

/** f-AnoGAN's GAN at its defaults: five steps of the critic and one of the generator, on 16 images of 64 px each. */
export const methodCase: MethodCase = {
  batchSize: criticTurns * batchSize,
  open() {
    const images = randomImages(batchSize, imageSize);
    const codes = new Float32Array(batchSize * codeSize);
    const mix = new Float32Array(batchSize);
    randomStream(0, 'codes').fillNormal(0, 1, codes);
    randomStream(0, 'mix').fillUniform(0, 1, mix);
    const step = ganStep({ imageSize, width, batchSize, learningRate: 1e-4 }, { mode: 'graph' });
    step.write(initialise(ganParameters(width), 1));
    return {
      run() {
        for (let turn = 0; turn < criticTurns; turn++) step.run('critic', { images, codes, mix });
        step.run('generator', { codes });
      },
    };
  },
};
