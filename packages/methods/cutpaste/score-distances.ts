import { fitGaussian, mahalanobisDistances } from '@ddad/anomaly';
import { recordedEnvironment } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, ChildFault, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { fromPyTorch, resnet18Features } from '@ddad/models';
import { inputTensors } from '../input-tensors.ts';
import { writeTensors } from '../trained-result.ts';
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
  const { spec } = task;
  const started = performance.now();
  const images = await readSpecifiedImages('images', task);
  const form = classifierFormSchema.parse(task.inputs.classifier?.manifest.spec);
  const input = classifierInput(form);
  const weights = fromPyTorch(classifier(input).parameters, await inputTensors(task, 'classifier'));
  const normal = (await inputTensors(task, 'classifier', 'features')).get('features');
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
  const tensors = new Map([['mahalanobis', { shape: [data.length], data }]]);
  const scores = await writeTensors(task, 'scores', tensors);
  return {
    files: { scores },
    loss: null,
    seconds: secondsSoFar(),
    environment: recordedEnvironment(task.threads),
  };
}
