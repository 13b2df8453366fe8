/** Trains AE and ASR-Net for some steps, twice, in either precision; prints the digests of the weights as one JSON line. */
import { createHash } from 'node:crypto';
import { randomStream, trainStep } from '@ddad/compute';
import { asrNet } from './asr-net.ts';
import { backbone } from './backbones.ts';
import { initialise, shapesOf } from './parameters.ts';

const optimiser = { learningRate: 5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 };
const ae = backbone('ae', 64);
const refiner = asrNet({ inputs: 2 });

type Inputs = Parameters<typeof trainStep>[0]['inputs'];

function digest(
  network: typeof ae | typeof refiner,
  inputs: Inputs,
  precision: 'float32' | 'bfloat16',
): string {
  const step = trainStep({
    ...shapesOf(network.parameters),
    inputs,
    loss: (weights, buffers, given) => network.loss(weights, buffers, given as never),
    optimiser,
    precision,
    mode: 'graph',
  });
  try {
    step.write(initialise(network.parameters, 1));
    for (let i = 0; i < 3; i++) {
      const batch = Object.entries(inputs).map(([name, shape]) => {
        const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
        randomStream(1, name, i).fillUniform(0, 1, values);
        return [name, name === 'labels' ? values.map(Math.round) : values];
      });
      step.run(Object.fromEntries(batch));
    }
    const hash = createHash('sha256');
    for (const { data } of step.read().values()) hash.update(data);
    return hash.digest('hex');
  } finally {
    step.dispose();
  }
}

const digests = (['float32', 'bfloat16'] as const).flatMap((precision) => [
  [0, 1].map(() => digest(ae, { images: [16, 64, 64, 1] }, precision)),
  [0, 1].map(() => digest(refiner, { maps: [2, 64, 64, 2], labels: [2, 64, 64, 1] }, precision)),
]);
console.log(JSON.stringify(digests));
