/**
 * The artifacts themselves: trained, resumed, scored, exported, and numbers recorded on an x86-64 processor (others round differently,
 * hence the tolerance). If a number fails and you changed numerics on purpose, raise the kind's recipe in kinds.ts and record anew:
 * artifacts made before would otherwise pass for the new ones.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reduceMaps } from '@ddad/anomaly';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { reducedName, reducedNames, reductions } from '@ddad/contract';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import { inlineWeights, type PipelineFacts } from '@ddad/onnx';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side, waveImages } from '../wave-images.testing.ts';
import { type NetworksSpec, networksKind, probabilitiesKind, recipes } from './kinds.ts';
import { draem } from './method.ts';
import { type DraemFacts, pipelineModel } from './onnx/pipeline-model.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { trainNetworks } = await import('./train-networks.ts');
const { scoreProbabilities } = await import('./score-probabilities.ts');

const count = 5;
const { pixels, directory, path } = await waveImages(count);
const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };
const task = taskOf(
  networksKind,
  {
    recipe: recipes.networks,
    seed: 1234,
    epochs: 2,
    batchSize: 2,
    learningRate: 0.001,
    width: 2,
    ...shared,
  },
  data,
);

/** Trains in this process; `answer` is what its parent wants after a call. */
async function train(
  change: Partial<MakeTask<NetworksSpec>> = {},
  answer: (call: number) => 'go on' | 'checkpoint' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let calls = 0;
  const result = await trainNetworks(
    { ...task, ...change },
    {
      ...undisturbed,
      progress: (figures) => progress.push(figures),
      afterStep: async () => answer(++calls),
      checkpoint: (_done, file) => checkpoints.push(file),
    },
  );
  const weights = result === null ? null : await readFile(result.files.weights!);
  const sha256 = weights === null ? null : createHash('sha256').update(weights).digest('hex');
  return { result, checkpoints, progress, weights, sha256 };
}

let first: Awaited<ReturnType<typeof train>>;
let scored: Map<string, { shape: readonly number[]; data: Float32Array }>;
beforeAll(async () => {
  first = await train();
  const file = join(directory, 'trained.safetensors');
  await writeFile(file, first.weights!);
  const networks = inputOf(networksKind.kind, task.spec, { weights: file });
  const spec = {
    recipe: recipes.probabilities,
    networks: networks.manifest.key,
    width: task.spec.width,
    ...shared,
  };
  const made = await scoreProbabilities(
    taskOf(probabilitiesKind, spec, { ...data, inputs: { networks } }),
    undisturbed,
  );
  scored = new Map([
    ['score', decodeSafetensors(await readFile(made!.files.scores!)).tensors.get('probability')!],
    ['map', decodeSafetensors(await readFile(made!.files.maps!)).tensors.get('probability')!],
  ]);
});

test('gives weights under the source’s names, in PyTorch’s layouts', () => {
  const { result, progress, weights } = first;
  expect(progress).toMatchObject([
    { done: 1, total: 2 },
    { done: 2, total: 2, loss: result!.loss },
  ]);
  expect(result!.history).toHaveLength(2);
  const { tensors, metadata } = decodeSafetensors(weights!);
  expect(metadata).toEqual({ format: 'pt', recipe: String(recipes.networks) });
  expect(tensors.get('encoder.block1.0.weight')!.shape).toEqual([2, 3, 3, 3]);
  expect(tensors.get('decoder_segment.fin_out.0.bias')!.shape).toEqual([2]);
});

test('gives the same bytes stopped in the middle and resumed with several steps a call', async () => {
  // After step 3 of 4, in the second epoch.
  const stopped = await train({}, (call) => (call === 3 ? 'stop' : 'go on'));
  expect(stopped.result).toBeNull();
  expect(stopped.checkpoints).toEqual([expect.stringMatching(/checkpoint-3\.safetensors$/)]);
  const resumed = await train({ checkpoint: stopped.checkpoints[0]!, stepsACall: 2 });
  expect(resumed.sha256).toBe(first.sha256);
  expect(resumed.result!.history).toEqual(first.result!.history);
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^normal images: expected digest/),
  });
});

test('scores are means of maps, which are probabilities', () => {
  const [score, map] = [scored.get('score')!, scored.get('map')!];
  expect(score.shape).toEqual([count]);
  expect(map.shape).toEqual([count, side, side]);
  expect(map.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  for (let image = 0; image < count; image += 1) {
    const own = map.data.subarray(image * area, (image + 1) * area);
    expect(score.data[image]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / area, 5);
  }
});

test('an exported run gives the scorer’s own maps and scores', async () => {
  const facts: PipelineFacts & DraemFacts = {
    format: 1,
    kind: 'pipeline',
    method: 'draem',
    runId: 'run',
    dataset: 'sine',
    imageSize: side,
    networks: task.key,
    width: 2,
  };
  const file = join(directory, 'draem.onnx');
  await writeFile(file, pipelineModel(facts, decodeSafetensors(first.weights!).tensors, inlineWeights));
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const found = await session.run({ images: new Tensor('uint8', pixels, [count, 1, side, side]) });
  await session.release();
  expect(Object.keys(found).sort()).toEqual(
    ['probability', ...reducedNames('probability'), 'probability_map'].sort(),
  );
  const map = scored.get('map')!.data;
  const each = reduceMaps(map, pixels, count);
  const expected = {
    probability: scored.get('score')!.data,
    probability_map: map,
    // The source's image score is `probabilityPeak`: its window of 21 of 256 pixels is 5 of 64.
    ...Object.fromEntries(
      reductions.map((reduction) => [reducedName('probability', reduction), each.map((of) => of[reduction])]),
    ),
  };
  for (const [name, values] of Object.entries(expected))
    Array.from(values).forEach((value, at) => {
      expect(Number(found[name]!.data[at]), name).toBeCloseTo(value, 4);
    });
});

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('numbers of every kind are as recorded', () => {
  const recorded: Record<string, [found: number, expected: number]> = {
    'trained-draem': [first.result!.loss!, 1.6461],
    'scored-draem': [mean(scored.get('map')!.data), 0.575568],
  };
  expect(Object.keys(recorded)).toEqual(draem.kinds.map(({ kind }) => kind));
  for (const [kind, [found, expected]] of Object.entries(recorded))
    expect(Math.abs(found / expected - 1), `${kind}: ${found}`).toBeLessThan(1e-3);
});
