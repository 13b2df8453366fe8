import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { imagesDigest } from '@ddad/dataset';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { taskOf } from '../../make-task.testing.ts';
import { phantomPixels } from '../../phantom-pixels.testing.ts';
import { type MemberSpec, memberKind, recipes } from '../kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { trainMember } = await import('./train-member.ts');

let directory: string;
let task: MakeTask<MemberSpec>;
/** The undisturbed training. */
let first: Awaited<ReturnType<typeof train>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-member-'));
  const { index, pixels, path } = await phantomPixels(directory, 48);
  const spec: MemberSpec = {
    recipe: recipes.member.ae,
    backbone: 'ae',
    role: 'ndm',
    seed: 1234,
    epochs: 2,
    batchSize: 16,
    learningRate: 5e-4,
    imagesDigest: imagesDigest(pixels, index.imageSize, index.train),
    imageSize: index.imageSize,
  };
  task = taskOf(memberKind, spec, { pixels: path, images: index.train, directory });
  first = await train();
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Trains in this process, as the service's process does; `answer` is what its parent wants after a step. */
async function train(
  change: Partial<MakeTask<MemberSpec>> = {},
  answer: (step: number) => 'go on' | 'stop' = () => 'go on',
  residentBytes?: number,
) {
  const progress: ChildProgress[] = [];
  const checkpoints: string[] = [];
  let steps = 0;
  const context: ChildContext = {
    ready: () => {},
    progress: (figures) => progress.push(figures),
    afterStep: async () => answer(++steps),
    checkpoint: (_done, path) => checkpoints.push(path),
  };
  const where = residentBytes === undefined ? {} : { residentBytes };
  const result = await trainMember({ ...task, ...change }, context, where);
  const weights = result === null ? null : await readFile(result.files.weights!);
  const sha256 = weights === null ? null : createHash('sha256').update(weights).digest('hex');
  return { result, progress, checkpoints, weights, sha256 };
}

test('training gives the recorded losses, and weights under the names and layouts of a PyTorch state_dict', async () => {
  const { result, progress, weights } = first;
  // Recorded on an x86-64 processor; others round differently, hence the tolerance. If this fails and you changed numerics
  // on purpose (initialisation, order, loss, optimiser, layout), raise `recipes.member.ae` in kinds.ts
  // and record anew: members made before would otherwise pass for members of the new kind. (Other pictures of writePhantom
  // change the losses as well, and need no new version.)
  const recorded = [0.594733, 0.363703];
  expect(result?.history).toHaveLength(recorded.length);
  result?.history?.forEach((loss, epoch) => {
    expect(Math.abs(loss / recorded[epoch]! - 1), `epoch ${epoch + 1}: ${loss}`).toBeLessThan(1e-3);
  });
  expect(result?.loss).toBe(result?.history?.[1]);
  expect(progress.map(({ done, total }) => [done, total])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(result?.environment).toMatchObject({ threads: 1, tensorflow: expect.any(String) });

  const { tensors, metadata } = decodeSafetensors(weights as Buffer);
  expect(metadata).toEqual({ format: 'pt', backbone: 'ae', recipe: String(recipes.member.ae) });
  expect(tensors.get('encoder.0.weight')?.shape).toEqual([16, 1, 4, 4]);
  expect(tensors.get('linear_enc.0.weight')?.shape).toEqual([2048, 1024]);
  expect(tensors.get('encoder.1.running_mean')?.shape).toEqual([16]);
});

test('training gives the same bytes again, stopped and resumed too', async () => {
  const stopped = await train({}, (step) => (step === 4 ? 'stop' : 'go on'));
  expect(stopped.result).toBeNull();
  const resumed = await train({ checkpoint: stopped.checkpoints[0]! });
  expect(resumed.sha256).toBe(first.sha256);
  expect((await train()).sha256).toBe(first.sha256);
});

test('neither several steps a call nor where the images lie change a byte, stopped and resumed too', async () => {
  // Calls of two and one of three steps: the parent is asked after each.
  const resident = 2 ** 30;
  const stopped = await train({ stepsACall: 2 }, (call) => (call === 3 ? 'stop' : 'go on'), resident);
  expect(stopped.result).toBeNull();
  const checkpoint = stopped.checkpoints[0]!;
  expect(basename(checkpoint)).toBe('checkpoint-5.safetensors');
  expect((await train({ checkpoint, stepsACall: 3 }, undefined, resident)).sha256).toBe(first.sha256);
  // 48 images of 64×64 are 786,432 bytes: one less, and they are fed.
  const fed = await train({ stepsACall: 2 }, undefined, 786_431);
  expect(fed.sha256).toBe(first.sha256);
  expect(fed.result?.history).toEqual(first.result?.history);
});

test('with dropout it gives the recorded losses, and the same bytes when it was stopped and resumed', async () => {
  const withDropout: Partial<MakeTask<MemberSpec>> = { spec: { ...task.spec, dropout: 0.3 } };
  const whole = await train(withDropout);
  // Recorded like those above; masks are part of the recipe as well.
  const recorded = [0.610903, 0.383313];
  expect(whole.result?.history).toHaveLength(recorded.length);
  whole.result?.history?.forEach((loss, epoch) => {
    expect(Math.abs(loss / recorded[epoch]! - 1), `epoch ${epoch + 1}: ${loss}`).toBeLessThan(1e-3);
  });
  const stopped = await train(withDropout, (step) => (step === 4 ? 'stop' : 'go on'));
  const resumed = await train({ ...withDropout, stepsACall: 3, checkpoint: stopped.checkpoints[0]! });
  expect(resumed.sha256).toBe(whole.sha256);
  expect(whole.sha256).not.toBe(first.sha256);
});

test('refuses images other than those that the specification names', async () => {
  const images = [...task.images].reverse();
  await expect(train({ images })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^training images: expected digest [0-9a-f]{64}, got [0-9a-f]{64}$/),
  });
});
