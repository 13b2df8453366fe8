import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { undisturbed } from '../../undisturbed.testing.ts';
import { type RefinerSpec, recipes } from '../kinds.ts';
import type { RefinerTraining } from './refiner-training.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { trainRefiner } = await import('./train-refiner.ts');
const { refinerTraining } = await import('./refiner-training.testing.ts');

let task: MakeTask<RefinerSpec>;
let train: RefinerTraining['train'];
let remove: RefinerTraining['remove'];

beforeAll(async () => {
  ({ task, train, remove } = await refinerTraining());
});
afterAll(() => remove());

test('training gives the recorded loss, and the same bytes again', async () => {
  const { result, weights, sha256 } = await train();
  // Recorded on an x86-64 processor; others round differently, hence the tolerance. If this fails and you changed numerics
  // on purpose (initialisation, order, patches, loss, optimiser, layout), raise `recipes.refiner` in
  // kinds.ts and record anew: refiners made before would otherwise pass for those of the new kind.
  const recorded = 0.306013;
  expect(Math.abs((result.loss ?? 0) / recorded - 1), `loss ${result.loss}`).toBeLessThan(1e-3);
  expect(result.history).toEqual([result.loss]);

  const { tensors, metadata } = decodeSafetensors(weights);
  expect(metadata).toEqual({ format: 'pt', refiner: 'dual', recipe: String(recipes.refiner) });
  expect(tensors.get('model.0.weight')?.shape).toEqual([128, 2, 3, 3]);
  expect(tensors.get('model.6.weight')?.shape).toEqual([2, 128, 3, 3]);

  expect((await train()).sha256).toBe(sha256);
});

test('training gives the same bytes where it was stopped in the middle of an epoch, and resumed', async () => {
  const twoEpochs: Partial<MakeTask<RefinerSpec>> = { spec: { ...task.spec, epochs: 2 } };
  const whole = await train(twoEpochs);
  let checkpoint = '';
  let steps = 0;
  const stopped = await trainRefiner(
    { ...task, ...twoEpochs },
    {
      ...undisturbed,
      afterStep: async () => (++steps === 3 ? 'stop' : 'go on'),
      checkpoint: (_done, path) => {
        checkpoint = path;
      },
    },
  );
  expect(stopped).toBeNull();
  // And with several steps a call: 3 of 4 were done, the last one is a call of its own.
  expect((await train({ ...twoEpochs, checkpoint, stepsACall: 2 })).sha256).toBe(whole.sha256);
  expect((await train({ ...twoEpochs, stepsACall: 2 })).sha256).toBe(whole.sha256);
});

test('with MC Dropout, one network per role gives the recorded loss, and the same bytes again', async () => {
  const { ndm, udm } = task.spec;
  const dropout = { rate: 0.3, passes: 3, seed: 5 };
  const change: Partial<MakeTask<RefinerSpec>> = {
    spec: { ...task.spec, ndm: ndm.slice(0, 1), udm, dropout },
  };
  const { result, sha256 } = await train(change);
  // Recorded like the one above; masks are part of the recipe as well.
  const recorded = 0.32401;
  expect(Math.abs((result.loss ?? 0) / recorded - 1), `loss ${result.loss}`).toBeLessThan(1e-3);
  expect((await train(change)).sha256).toBe(sha256);
  // Other masks, other maps.
  const other = { ...change.spec!, dropout: { ...dropout, seed: 6 } };
  expect((await train({ ...change, spec: other })).sha256).not.toBe(sha256);
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^normal images: expected digest [0-9a-f]{64}, got [0-9a-f]{64}$/),
  });
});
