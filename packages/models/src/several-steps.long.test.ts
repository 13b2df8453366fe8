import { maskSeed, maskSeedSize, randomStream, type Shapes, trainStep } from '@ddad/compute';
import { expect, it } from 'vitest';
import { asrNet } from './asr-net.ts';
import { backbone } from './backbones.ts';
import { dropInTraining } from './dropout.ts';
import { initialise, shapesOf } from './parameters.ts';

const steps = 8;
const batchSize = 2;
const images: Shapes = { images: [batchSize, 64, 64, 1] };
const maps: Shapes = { maps: [batchSize, 32, 32, 2], labels: [batchSize, 32, 32, 1] };

function filled(name: string, shape: number[], index: number): Float32Array {
  if (name === 'masks') return maskSeed(1, index);
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  randomStream(1, name, index).fillUniform(name === 'images' ? -1 : 0, 1, values);
  return name === 'labels' ? values.map(Math.round) : values;
}

/** Trains for 8 steps in calls of `stepsACall`; losses and all of the state. */
function train(
  network: Pick<ReturnType<typeof asrNet>, 'parameters'> & { loss: unknown },
  inputs: Shapes,
  stepsACall: number,
  { dropout, precision }: { dropout?: number; precision?: 'bfloat16' } = {},
) {
  const given: Shapes = dropout === undefined ? inputs : { ...inputs, masks: [maskSeedSize] };
  const loss = network.loss as ReturnType<typeof backbone>['loss'];
  const step = trainStep({
    ...shapesOf(network.parameters),
    inputs: given,
    loss: (weights, buffers, { masks, ...batch }) =>
      loss(
        weights,
        buffers,
        batch as never,
        dropout === undefined ? undefined : dropInTraining(masks!, dropout),
      ),
    optimiser: { learningRate: 5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 },
    precision,
    stepsACall,
    mode: 'graph',
  });
  try {
    step.write(initialise(network.parameters, 1));
    const batches = Array.from({ length: steps }, (_, index) =>
      Object.fromEntries(Object.entries(given).map(([name, shape]) => [name, filled(name, shape, index)])),
    );
    const losses: number[] = [];
    while (losses.length < steps)
      losses.push(...step.runSeveral(batches.slice(losses.length, losses.length + stepsACall)));
    return { losses, state: step.readState() };
  } finally {
    step.dispose();
  }
}

it.each([
  ['ae', backbone('ae', 64), images, {}],
  ['ae with dropout', backbone('ae', 64), images, { dropout: 0.3 }],
  ['ae in bfloat16', backbone('ae', 64), images, { precision: 'bfloat16' }],
  ['aeu', backbone('aeu', 64), images, {}],
  ['memae', backbone('memae', 64), images, {}],
  ['ASR-Net', asrNet({ inputs: 2 }), maps, {}],
  ['ASR-Net in bfloat16', asrNet({ inputs: 2 }), maps, { precision: 'bfloat16' }],
] as const)('three steps a call are single steps bit by bit: %s', (_name, network, inputs, options) => {
  const single = train(network, inputs, 1, options);
  const several = train(network, inputs, 3, options);
  expect(new Set(single.losses).size).toBe(steps);
  expect(several.losses).toEqual(single.losses);
  expect(several.state.steps).toBe(steps);
  expect([...several.state.tensors.keys()]).toEqual([...single.state.tensors.keys()]);
  for (const [name, { data }] of single.state.tensors) {
    const other = several.state.tensors.get(name)!.data;
    // Millions of values: as bytes, which also tells 0 from -0.
    expect(Buffer.compare(Buffer.from(other.buffer), Buffer.from(data.buffer)), name).toBe(0);
  }
});
