import { initialise } from '@ddad/models';
import { anomalyExamples, type Examples } from '../../packages/methods/draem/examples.ts';
import { draemNetworks } from '../../packages/methods/draem/networks.ts';
import { draemSchema } from '../../packages/methods/draem/settings.ts';
import { draemStep } from '../../packages/methods/draem/train-networks.ts';
import type { MethodCase } from './method-case.ts';
import { randomImages } from './random-images.ts';

const side = 64;
const settings = draemSchema.parse({ dataset: 'bench', method: 'draem' });
const { batchSize, width } = settings;

/** DRAEM's two networks at the default width, 8 images of 64 px. */
export const methodCase: MethodCase = {
  batchSize,
  open() {
    const pixels = () => new Float32Array(batchSize * side * side);
    const images = randomImages(batchSize, side);
    const write = anomalyExamples({ images, side, seed: 1, batchSize });
    const target: Examples = { images: pixels(), augmented: pixels(), masks: pixels() };
    write(0, target);
    const step = draemStep({ ...settings, imageSize: side }, { stepsPerEpoch: 1000, mode: 'graph' });
    step.write(initialise(draemNetworks(width).parameters, 1));
    return {
      run: () => step.run('segment', target),
      inputs: (number) => write(number, target),
    };
  },
};
