import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { undisturbed } from '../../undisturbed.testing.ts';
import { type RefinerSpec, recipes } from '../kinds.ts';
import { normalisedRefiner } from './normalised-refiner.ts';
import type { RefinerTraining } from './refiner-training.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet, fromPyTorch } = await import('@ddad/models');
const { readSpecifiedImages } = await import('@ddad/jobs/images');
const { loadEnsemble } = await import('../maps/ensemble.ts');
const { withFreshStatistics } = await import('../averaging/fresh-statistics.ts');
const { ensembleExamples } = await import('./refiner-examples.ts');
const { refinerRecipes } = await import('./refiner-recipe.ts');
const { refinerStep } = await import('./refiner-step.ts');
const { trainRefiner } = await import('./train-refiner.ts');
const { averagingRate } = await import('./weight-average.ts');
const { refinerTraining } = await import('./refiner-training.testing.ts');

let directory: string;
let task: MakeTask<RefinerSpec>;
let train: RefinerTraining['train'];
let remove: RefinerTraining['remove'];

beforeAll(async () => {
  ({ directory, task, train, remove } = await refinerTraining());
});
afterAll(() => remove());

describe('the recipe "steady"', () => {
  /** Of 8 images in batches of 2: 20 steps; the mean begins behind 2 of them and looks back over 10. */
  const [epochs, batchSize] = [5, 2];
  const paper = (): Partial<MakeTask<RefinerSpec>> => ({ spec: { ...task.spec, epochs, batchSize } });
  const steady = (): Partial<MakeTask<RefinerSpec>> => ({
    spec: { ...task.spec, epochs, batchSize, steady: recipes.steadyRefiner },
  });
  const recipe = refinerRecipes.steady;

  /** The parts of a training, for whoever makes its steps by hand. */
  async function training(mode: 'graph' | 'eager', change: Partial<typeof recipe> = {}) {
    const own = { ...task, ...steady() } as MakeTask<RefinerSpec>;
    const pixels = await readSpecifiedImages('normal images', own);
    const { seed, imageSize: side } = own.spec;
    const examples = ensembleExamples(await loadEnsemble(own), { pixels, side, seed }, directory);
    const network = asrNet({ inputs: 2 });
    const settings = { network, channels: 2, images: own.images.length, stepsACall: 1, mode };
    const made = refinerStep({ ...settings, spec: own.spec, recipe: { ...recipe, ...change } }, examples);
    const stepsPerEpoch = own.images.length / batchSize;
    const inputsOf = (step: number) => {
      const epoch = Math.floor(step / stepsPerEpoch);
      return made.inputs(epoch, made.order(epoch), (step % stepsPerEpoch) * batchSize, 0);
    };
    const dispose = () => {
      examples.dispose();
      made.step.dispose();
    };
    return { ...made, network, steps: epochs * stepsPerEpoch, inputsOf, dispose };
  }

  test('gives the recorded losses, and the same bytes again; they are not those of the paper', async () => {
    const { result, weights, sha256 } = await train(steady());
    // Recorded like those above. If this fails and you changed numerics of this recipe alone, raise `recipes.steadyRefiner`.
    const recorded = [0.23758, 0.0964716, 0.0539691, 0.0437183, 0.0397258];
    result.history!.forEach((loss, epoch) => {
      expect(Math.abs(loss / recorded[epoch]! - 1), `losses ${result.history}`).toBeLessThan(1e-3);
    });
    expect((await train(steady())).sha256).toBe(sha256);
    const other = await train(paper());
    expect(other.sha256).not.toBe(sha256);
    // Readers need not know of it: the same tensors under the same names.
    const shapes = (bytes: Buffer) =>
      [...decodeSafetensors(bytes).tensors].map(([name, { shape }]) => [name, shape]);
    expect(shapes(weights)).toEqual(shapes(other.weights));
  });

  test('publishes a mean of its weights, with statistics of one more epoch', async () => {
    const { weights } = await train(steady());
    const made = await training('graph', { average: null });
    try {
      const { step, steps, network, inputsOf, dispose: _, ...parts } = made;
      const { from, horizon } = recipe.average!;
      const mean = new Map<string, Float64Array>();
      // The weights after the last step, too.
      for (let done = 0; done <= steps; done++) {
        for (const [name, { data }] of step.read()) {
          const behind = done - Math.floor(from * steps);
          const rate = behind <= 0 ? 1 : Math.max(1 / (behind + 1), 1 / Math.max(1, horizon * steps));
          const old = mean.get(name) ?? new Float64Array(data.length);
          mean.set(
            name,
            old.map((value, i) => (1 - rate) * value + rate * data[i]!),
          );
        }
        if (done < steps) step.run(inputsOf(done));
      }
      const averaged = new Map(
        [...step.read()].map(([name, { shape }]) => [
          name,
          { shape, data: Float32Array.from(mean.get(name)!) },
        ]),
      );
      const order = parts.order(epochs);
      const batches = [0, 2, 4, 6].map((start) => ({
        maps: parts.inputs(epochs, order, start, 0).maps!.slice(),
      }));
      const own = normalisedRefiner(network);
      const shapes = { maps: [batchSize, 64, 64, 2] };
      const expected = (await withFreshStatistics(own, averaged, batches, shapes, async () => true))!;
      const found = fromPyTorch(network.parameters, decodeSafetensors(weights).tensors);
      for (const [name, { data }] of expected) {
        const worst = found
          .get(name)!
          .data.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
        // Means over ten steps and more, in float32 there and in float64 here.
        expect(worst, name).toBeLessThan(1e-5);
      }
      // A mean, and not the last weights.
      const last = step.read().get('model.3.weight')!.data;
      expect(found.get('model.3.weight')!.data).not.toEqual(last);
    } finally {
      made.dispose();
    }
  });

  test('gives the same bytes where it was stopped while weights were averaged, and resumed', async () => {
    const whole = await train(steady());
    // In the middle of an epoch, and in the last one.
    for (const at of [10, 19]) {
      let checkpoint = '';
      let steps = 0;
      const stopped = await trainRefiner(
        { ...task, ...steady() },
        {
          ...undisturbed,
          afterStep: async () => (++steps === at ? 'stop' : 'go on'),
          checkpoint: (_done, path) => {
            checkpoint = path;
          },
        },
      );
      expect(stopped).toBeNull();
      expect((await train({ ...steady(), checkpoint, stepsACall: 2 })).sha256).toBe(whole.sha256);
    }
  });

  test('stops when it is told to behind its last step, too', async () => {
    let calls = 0;
    // 20 steps, then 4 batches for the statistics.
    const afterStep = async () => (++calls === 22 ? ('stop' as const) : ('go on' as const));
    expect(await trainRefiner({ ...task, ...steady() }, { ...undisturbed, afterStep })).toBeNull();
  });

  test.each(['graph', 'eager'] as const)(
    'has the means of its own weights in its state, %s',
    async (mode) => {
      const { step, steps, inputsOf, dispose } = await training(mode);
      try {
        const { average } = recipe;
        let mean = step.read().get('model.6.weight')!.data;
        for (let done = 0; done < steps; done++) {
          const { data } = step.read().get('model.6.weight')!;
          const rate = averagingRate(average!, steps, done);
          mean = mean.map((value, i) => value + rate * (data[i]! - value));
          step.run(inputsOf(done));
          const found = step.read().get('average.model.6.weight')!.data;
          expect(Math.max(...found.map((value, i) => Math.abs(value - mean[i]!)))).toBeLessThan(1e-7);
        }
        expect(step.read().get('model.6.weight')!.data).not.toEqual(mean);
      } finally {
        dispose();
      }
    },
  );

  test('gives the same losses as a graph and eagerly', async () => {
    const [graph, eager] = [await training('graph'), await training('eager')];
    try {
      for (let done = 0; done < graph.steps; done++) {
        const [a, b] = [graph, eager].map(({ step, inputsOf }) => step.run(inputsOf(done)));
        expect(Math.abs(a! / b! - 1)).toBeLessThan(1e-3);
      }
    } finally {
      graph.dispose();
      eager.dispose();
    }
  });
});
