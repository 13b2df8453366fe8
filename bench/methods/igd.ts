import { randomStream } from '@ddad/compute';
import { initialise } from '@ddad/models';
import { descriptorTensors } from '../../packages/methods/igd/descriptor.ts';
import { latentSize } from '../../packages/methods/igd/networks.ts';
import { igdSchema } from '../../packages/methods/igd/settings.ts';
import { igdParameters, igdStep } from '../../packages/methods/igd/train-networks.ts';
import type { MethodCase } from './method-case.ts';
import { randomImages } from './random-images.ts';

const side = 64;
const settings = { ...igdSchema.parse({ dataset: 'bench', method: 'igd' }), pretrained: undefined };
const { batchSize, width } = settings;

/** A step of IGD's generator, its encoder trained with it, and one of its critic, at the default width; 16 images of 64 px. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const images = randomImages(batchSize, side);
    const alpha = new Float32Array(batchSize);
    const centre = new Float32Array(latentSize);
    randomStream(0, 'alpha').fillUniform(0, 0.5, alpha);
    randomStream(0, 'centre').fillUniform(-1, 1, centre);
    const step = igdStep({ ...settings, imageSize: side }, { stepsPerEpoch: 1000, mode: 'graph' });
    const first = initialise(igdParameters(side, width), 1);
    step.write(new Map([...first, ...descriptorTensors({ centre, sigma: latentSize })]));
    return {
      run() {
        step.run('generator', { images, alpha });
        step.run('critic', { images, alpha });
      },
    };
  },
};
