import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { beforeAll, expect, test } from 'vitest';
import { imageBatches } from '../image-batches.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side } from '../wave-images.testing.ts';
import { codeSize } from './architecture.ts';
import { type GanSpec, recipes } from './kinds.ts';
import { smallRun } from './small-run.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, toPyTorch } = await import('@ddad/models');
const { largestDifference } = await import('@ddad/models/testing');
const { ganParameters, ganStep, trainGan } = await import('./train-gan.ts');

const { gan: task } = await smallRun(5);

/** Trains in this process; `answer` is what its parent wants after a call. */
async function train(
  change: Partial<MakeTask<GanSpec>> = {},
  answer: (call: number) => 'go on' | 'checkpoint' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let calls = 0;
  const result = await trainGan(
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

/** What a training ends with that does not come to its end, and behind how many steps of both networks. */
async function faultOf(spec: GanSpec) {
  let steps = 0;
  const count = () => {
    steps += 1;
    return 'go on' as const;
  };
  const error = await train({ spec }, count).then(
    () => null,
    (fault: unknown) => fault,
  );
  return { error, steps };
}

let first: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  first = await train();
});

test('gives the weights of generator and critic, and the critic’s mean loss', () => {
  const { result, progress, content } = first;
  expect(progress).toMatchObject([{ done: 1, total: 1, loss: result!.loss }]);
  const { metadata, tensors } = decodeSafetensors(content!);
  expect(metadata).toEqual({ format: 'pt', recipe: String(recipes.gan) });
  expect(tensors.get('generator.input.weight')!.shape).toEqual([16 * 16, 128]);
  expect(tensors.get('generator.block4.norm2.running_var')!.shape).toEqual([2]);
  expect(tensors.get('critic.block2.shortcut.weight')!.shape).toEqual([8, 4, 1, 1]);
});

test('takes five steps of the critic and one of the generator in turns, each on images and noise of its own', async () => {
  const { seed, width, batchSize, steps } = task.spec;
  const pixels = Float32Array.from(await readFile(task.pixels!), (grey) => grey / 127.5 - 1);
  const write = imageBatches({ images: pixels, side, seed, batchSize });
  const noise = (phase: 'critic' | 'generator', number: number) => {
    const codes = new Float32Array(batchSize * codeSize);
    randomStream(seed, 'codes', phase, number).fillNormal(0, 1, codes);
    return codes;
  };
  const step = ganStep(task.spec, { mode: 'graph' });
  try {
    step.write(initialise(ganParameters(width), seed));
    for (let made = 0; made < steps; made += 1) {
      for (let number = 5 * made; number < 5 * made + 5; number += 1) {
        const images = new Float32Array(batchSize * area);
        write(number, images);
        const mix = new Float32Array(batchSize);
        randomStream(seed, 'mix', number).fillUniform(0, 1, mix);
        step.run('critic', { images, codes: noise('critic', number), mix });
      }
      step.run('generator', { codes: noise('generator', made) });
    }
    const expected = toPyTorch(ganParameters(width), step.read());
    const { tensors } = decodeSafetensors(first.content!);
    expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, { data }] of expected)
      expect(largestDifference(tensors.get(name)!.data, data), name).toBe(0);
  } finally {
    step.dispose();
  }
});

test('gives the same bytes stopped amid the critic’s steps, then behind the generator’s, and resumed with several a call', async () => {
  const stop = async (checkpoint: string | null, calls: number) => {
    const stopped = await train({ checkpoint }, (call) => (call === calls ? 'stop' : 'go on'));
    expect(stopped.result).toBeNull();
    return stopped.checkpoints[0]!;
  };
  const amid = await stop(null, 3);
  expect(amid).toMatch(/checkpoint-3\.safetensors$/);
  const behind = await stop(amid, 3);
  expect(behind).toMatch(/checkpoint-6\.safetensors$/);
  const resumed = await train({ checkpoint: behind, stepsACall: 2 });
  expect(resumed.sha256).toBe(first.sha256);
  expect(resumed.result!.history).toEqual(first.result!.history);
});

test('a critic whose slopes run away is a divergence that says so, seen over 60 steps of the generator', async () => {
  // A prime number of steps has stretches of the same length as any other.
  const spec = { ...task.spec, steps: 61, learningRate: 1 };
  const { error, steps } = await faultOf(spec);
  expect(error).toMatchObject({
    kind: 'diverged',
    message: expect.stringMatching(
      /^the critic collapsed: the mean norm of its slopes, which the gradient penalty holds near 1, was above 20 in 3 of the last 3 epochs, at last .* \(epoch 3\)$/,
    ),
  });
  // The last of the 360 steps is the one that ends it.
  expect(steps).toBe(60 * 6 - 1);
});

test('a gradient penalty that is not finite is a divergence that names it', async () => {
  const spec = { ...task.spec, learningRate: 1e25 };
  expect((await faultOf(spec)).error).toMatchObject({
    kind: 'diverged',
    message: expect.stringMatching(
      /penalty of phase critic became (NaN|Infinity).* in step \d+ \(epoch 1 of 1\)$/,
    ),
  });
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^normal images: expected digest/),
  });
});
