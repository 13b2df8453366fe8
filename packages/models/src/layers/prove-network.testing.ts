import {
  inferenceStep,
  type PhasedStep,
  phase,
  phasedStep,
  randomStream,
  sgd,
  sizeOf,
  type TensorData,
  tf,
} from '@ddad/compute';
import { expect, it } from 'vitest';
import { bufferNames, initialise, shapesOf, toPyTorch, trainableNames } from '../parameters.ts';
import { largestDifference, networkReference, norm } from '../reference.testing.ts';
import { inferencePass, type Layer, trainingPass } from './layer.ts';
import { type NetworkName, networks } from './networks.testing.ts';

type Weights = ReadonlyMap<string, TensorData>;

/** First weights away from special values: scales are not 1, offsets not 0, running statistics neither. */
export function drawnWeights({ parameters }: Layer): Map<string, TensorData> {
  const weights = initialise(parameters, 1);
  for (const { name, initial } of parameters) {
    if (initial.kind !== 'constant') continue;
    const low = initial.value === 1 ? 0.5 : -0.5;
    randomStream(1, 'norm', name).fillUniform(low, low + 1, weights.get(name)!.data);
  }
  return weights;
}

export function drawn(name: string, shape: number[]): TensorData {
  const data = new Float32Array(sizeOf(shape));
  randomStream(3, name).fillUniform(-1, 1, data);
  return { shape, data };
}

/** From N,H,W,C to PyTorch's N,C,H,W; vectors as they are. */
export function channelsFirst({ shape, data }: TensorData): TensorData {
  const [n = 1, height = 1, width = 1, channels = 1] = shape;
  if (shape.length !== 4) return { shape, data };
  const area = height * width;
  const moved = data.map((_, i) => {
    const [image, rest] = [Math.floor(i / (channels * area)), i % (channels * area)];
    return data[(image * area + (rest % area)) * channels + Math.floor(rest / area)] as number;
  });
  return { shape: [n, channels, height, width], data: moved };
}

/** A step whose only phase learns `target` from `x`, with the input's gradient by `x` as a weight. */
export function learning(
  layer: Layer,
  x: number[],
  target: number[],
  mode: 'graph' | 'eager',
): PhasedStep<'main'> {
  const { trainable, buffers } = shapesOf(layer.parameters);
  return phasedStep({
    weights: { ...trainable, x },
    buffers,
    phases: {
      main: phase({
        trains: [...trainableNames(layer.parameters), 'x'],
        renews: bufferNames(layer.parameters),
        inputs: { target },
        loss: (weights, running, inputs) => {
          const pass = trainingPass(weights, running);
          const y = layer.apply(weights.x!, pass);
          return { loss: tf.mean(tf.squaredDifference(y, inputs.target)), buffers: pass.renewed };
        },
        optimiser: sgd({ learningRate: 0.01 }),
      }),
    },
    mode,
  });
}

/** What the network gives in inference mode. */
export function inferred(layer: Layer, weights: Weights, x: TensorData): Float32Array {
  const step = inferenceStep({
    weights,
    inputs: { x: x.shape },
    compute: (tensors, inputs) => ({ y: layer.apply(inputs.x!, inferencePass(tensors)) }),
    mode: 'graph',
  });
  try {
    return step.run({ x: x.data }).y!;
  } finally {
    step.dispose();
  }
}

/** Shares of the norm of all gradients, and of a gradient's own, by which one may be off. */
export interface Tolerance {
  ofAll: number;
  ofOwn: number;
}

/** float32's rounding in networks of some layers. */
export const shallow: Tolerance = { ofAll: 1e-5, ofOwn: 1e-3 };

/** Gradients that are off by more than that; one that is next to nothing is compared with the norm of all only. */
export function differing(found: Weights, expected: Weights, { ofAll, ofOwn }: Tolerance): string[] {
  const of = (name: string) => expected.get(`gradient/${name}`)!.data;
  const all = Math.hypot(...[...found.keys()].map((name) => norm(of(name))));
  return [...found].flatMap(([name, { data }]) => {
    const [difference, own] = [norm(data.map((value, i) => value - of(name)[i]!)), norm(of(name))];
    const fits = difference < ofAll * all && (difference < ofOwn * own || own < 1e-6 * all);
    return fits
      ? []
      : [`${name}: ${(difference / all).toExponential(1)}, ${(difference / own).toExponential(1)}`];
  });
}

/** Registers that a network has the reference's values, gradients and running statistics. */
export function proveNetwork(
  name: NetworkName,
  {
    entry,
    output,
    weights,
    tolerance,
  }: { entry: number[]; output: number[]; weights: Weights; tolerance: Tolerance },
): void {
  const layer = networks[name]();
  const { parameters } = layer;
  it('has the values, gradients and running statistics of the independent reference', () => {
    const [x, target] = [drawn('x', entry), drawn('target', output)];
    const expected = networkReference('step', name, toPyTorch(parameters, weights), {
      x: channelsFirst(x),
      target: channelsFirst(target),
    });
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-6);
    const y = channelsFirst({ shape: output, data: inferred(layer, weights, x) }).data;
    const scale = norm(expected.get('inferred')!.data) / Math.sqrt(y.length);
    expect(largestDifference(y, expected.get('inferred')!.data) / scale).toBeLessThan(1e-4);

    const step = learning(layer, entry, output, 'graph');
    try {
      step.write(new Map(weights).set('x', x));
      const gradients = step.gradients('main', { target: target.data });
      const outward = toPyTorch(
        parameters.filter(({ kind }) => kind === 'trainable'),
        gradients,
      );
      outward.set('x', channelsFirst(gradients.get('x')!));
      expect(differing(outward, expected, tolerance)).toEqual([]);
      const { loss } = step.run('main', { target: target.data });
      expect(Math.abs(loss / expected.get('loss')!.data[0]! - 1)).toBeLessThan(1e-5);
      const after = toPyTorch(parameters, step.read());
      for (const buffer of bufferNames(parameters)) {
        const [ours, theirs] = [after.get(buffer)!.data, expected.get(`buffer/${buffer}`)!.data];
        const size = Math.max(1, norm(theirs) / Math.sqrt(theirs.length));
        expect(largestDifference(ours, theirs) / size, buffer).toBeLessThan(1e-5);
      }
    } finally {
      step.dispose();
    }
  }, 120_000);
}
