import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChildResult, inputFile, type MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { fakeStep } from '@ddad/jobs/testing';
import { runTraining } from '@ddad/jobs/training';
import type { Makers } from '@ddad/methods';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { RandomValues } from '../random-values.ts';
import type { DistancesSpec, RefinedSpec, WalkSpec } from './method.ts';

const environment = { cpu: 'any' };

/** The same with a rest after every step. */
function rested(context: ChildContext, restMs: number): ChildContext {
  return {
    ...context,
    async afterStep() {
      await delay(restMs);
      return context.afterStep();
    },
  };
}

async function walk(task: MakeTask<WalkSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory, checkpoint } = task;
  const pixels = await readSpecifiedImages('normal images', task);
  const area = spec.imageSize ** 2;
  const images = pixels.length / area;
  const step = fakeStep();
  const outcome = await runTraining({
    step,
    epochs: spec.epochs,
    images,
    batchSize: images,
    order: (epoch) => Uint32Array.from(new RandomValues(spec.seed + epoch).shuffled(Array(images).keys())),
    // A pixel of each is enough for a result that their order decides.
    inputs: (_epoch, order) => ({
      images: Float32Array.from(order, (image) => pixels[image * area + area / 2]!),
    }),
    directory,
    checkpoint,
    context: rested(context, spec.restMs),
  });
  if (outcome === null) return null;
  const weights = join(directory, 'weights.safetensors');
  await writeFile(weights, encodeSafetensors(step.readState().tensors));
  return { ...outcome, files: { weights }, environment };
}

/** Scores image after image. */
async function scored(
  task: MakeTask<DistancesSpec | RefinedSpec>,
  context: ChildContext,
  name: string,
  of: (image: Float32Array, at: number) => number,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const images = await readSpecifiedImages('test images', task);
  const area = spec.imageSize ** 2;
  const total = images.length / area;
  const { afterStep } = rested(context, spec.restMs);
  context.ready();
  const data = new Float32Array(total);
  for (let at = 0; at < total; at += 1) {
    data[at] = of(images.subarray(at * area, (at + 1) * area), at);
    context.progress({ done: at + 1, total, loss: null, imagesPerSecond: 1000 / (spec.restMs + 1) });
    if (!(await goesOn({ afterStep }))) return null;
  }
  const scores = join(directory, 'scores');
  await writeFile(scores, encodeSafetensors(new Map([[name, { shape: [total], data }]])));
  return { files: { scores }, loss: null, seconds: 0, environment };
}

async function distances(task: MakeTask<DistancesSpec>, context: ChildContext) {
  const ends = await Promise.all(
    task.spec.walks.map(async (_, i) => {
      const { tensors } = decodeSafetensors(await readFile(inputFile(task, `walk-${i}`, 'weights')));
      return tensors.get('weight')!.data[0]!;
    }),
  );
  const mean = ends.reduce((sum, end) => sum + end, 0) / ends.length;
  return scored(task, context, 'distance', (image) => {
    const grey = image.reduce((sum, value) => sum + value, 0) / image.length;
    return Math.abs(grey - mean);
  });
}

async function squares(task: MakeTask<RefinedSpec>, context: ChildContext) {
  const { tensors } = decodeSafetensors(await readFile(inputFile(task, 'distances', 'scores')));
  return scored(task, context, 'square', (_image, at) => tensors.get('distance')!.data[at]! ** 2);
}

export const makers: Makers = {
  'trained-walk': walk,
  'scored-distances': distances,
  'scored-squares': squares,
};
