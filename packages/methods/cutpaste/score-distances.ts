import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fitGaussian, mahalanobisDistances } from '@ddad/anomaly';
import { recordedEnvironment } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, ChildFault, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { inputFile } from '@ddad/jobs/task';
import { fromPyTorch, resnet18Features } from '@ddad/models';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { classifier } from './classifier.ts';
import { unitFeatures } from './features.ts';
import { classifierFormSchema, classifierInput, type DistancesSpec } from './kinds.ts';

/**
 * CutPaste's second stage: distances of images from a Gaussian over the normal training images' features.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function scoreDistances(
  task: MakeTask<DistancesSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const started = performance.now();
  const images = await readSpecifiedImages('images', task);
  const read = async (file: string) =>
    decodeSafetensors(await readFile(inputFile(task, 'classifier', file))).tensors;
  const form = classifierFormSchema.parse(task.inputs.classifier?.manifest.spec);
  const input = classifierInput(form);
  const weights = fromPyTorch(classifier(input).parameters, await read('weights'));
  const normal = (await read('features')).get('features');
  if (normal === undefined) throw new ChildFault('invalid', 'features: expected a tensor features, got none');
  const gaussian = fitGaussian(normal.data, resnet18Features);
  context.ready();
  const total = task.images.length;
  const secondsSoFar = () => (performance.now() - started) / 1000;
  const features = await unitFeatures({ weights, input, images, side: spec.imageSize }, (done) => {
    context.progress({ done, total, loss: null, imagesPerSecond: done / secondsSoFar() });
    return goesOn(context);
  });
  if (features === null) return null;
  const data = mahalanobisDistances(gaussian, features);
  const scores = join(directory, 'scores.safetensors');
  await writeFile(scores, encodeSafetensors(new Map([['mahalanobis', { shape: [data.length], data }]])));
  return {
    files: { scores },
    loss: null,
    seconds: secondsSoFar(),
    environment: recordedEnvironment(task.threads),
  };
}
