import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { beforeAll, expect, test } from 'vitest';
import { taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { type GeneratorSpec, generatorKind, recipes } from './kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { trainGenerator } = await import('./train-generator.ts');

const count = 5;
const { pixels, directory, path } = await waveImages(count);
const task = taskOf(
  generatorKind,
  {
    recipe: recipes.generator,
    seed: 1234,
    epochs: 2,
    batchSize: 2,
    learningRate: 0.001,
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
  },
  { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory },
);

/** Trains in this process; `answer` is what its parent wants after a call. */
async function train(
  change: Partial<MakeTask<GeneratorSpec>> = {},
  answer: (call: number) => 'go on' | 'checkpoint' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let calls = 0;
  const result = await trainGenerator(
    { ...task, ...change },
    {
      ...undisturbed,
      progress: (figures) => progress.push(figures),
      afterStep: async () => answer(++calls),
      checkpoint: (_done, file) => checkpoints.push(file),
    },
  );
  const content = result === null ? null : await readFile(result.files.weights!);
  const sha256 = content === null ? null : createHash('sha256').update(content).digest('hex');
  return { result, checkpoints, progress, content, sha256 };
}

let first: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  first = await train();
});

test('gives the generator’s weights under the source’s names, and the generator’s mean loss of each epoch', () => {
  const { result, progress, content } = first;
  expect(progress.map(({ done, total, loss }) => [done, total, loss])).toEqual(
    result!.history!.map((loss, epoch) => [epoch + 1, 2, loss]),
  );
  expect(result!.loss).toBe(result!.history![1]);
  const { metadata, tensors } = decodeSafetensors(content!);
  expect(metadata).toEqual({ format: 'pt', recipe: String(recipes.generator) });
  expect(tensors.get('netg.encoder1.en_block1.model.0.weight')!.shape).toEqual([16, 1, 4, 4]);
  expect(tensors.get('netg.decoder.de_block1.model.1.running_var')!.shape).toEqual([64]);
  expect(tensors.get('netg.encoder2.linear_enc.2.weight')!.shape).toEqual([16, 1024]);
  expect([...tensors.keys()].filter((name) => !name.startsWith('netg.'))).toEqual([]);
});

test('gives the same bytes stopped behind a step of the generator, then of the discriminator, and resumed', async () => {
  const after = async (last: number, checkpoint: string | null) => {
    const begun = checkpoint === null ? 0 : 5;
    const stopped = await train({ checkpoint }, (call) => (begun + call === last ? 'stop' : 'go on'));
    expect(stopped.result).toBeNull();
    expect(stopped.checkpoints).toEqual([expect.stringMatching(`checkpoint-${last}.safetensors$`)]);
    return stopped.checkpoints[0]!;
  };
  // Of 8 steps, the 5th is one of the generator.
  const checkpoint = await after(6, await after(5, null));
  const resumed = await train({ checkpoint });
  expect(resumed.sha256).toBe(first.sha256);
  expect(resumed.result!.history).toEqual(first.result!.history);
});

test('a discriminator that runs away ends the training as diverged, and says so', async () => {
  const images = [0, 1, 2, 3];
  const imagesDigest = pixelsDigest(pixels.subarray(0, images.length * side * side));
  const spec = { ...task.spec, epochs: 12, learningRate: 1, imagesDigest };
  const fault = await train({ spec, images }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(fault).toMatchObject({
    kind: 'diverged',
    message: expect.stringMatching(
      /^the discriminator collapsed: its mean loss, of which 0.69 is chance, was above 5 in 5 of the last \d+ epochs, at last /,
    ),
  });
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^normal images: expected digest/),
  });
});
