import { type Tensor, tf } from '@ddad/compute';
import {
  activation,
  batchNorm,
  chain,
  type Layer,
  linear,
  type ParameterSpec,
  type Pass,
  type ResNet18,
  resnet18,
  resnet18Features,
} from '@ddad/models';
import { imageNetImages } from '../imagenet-images.ts';
import { classes } from './cut-and-paste.ts';
import type { ClassifierInput } from './kinds.ts';

/** Values between the head's two projections and its output. */
const projected = 128;

/** ResNet18 whose features a head projects and classifies. */
export interface Classifier {
  /** The ResNet18's under torchvision's names, then the head's. */
  parameters: readonly ParameterSpec[];
  /** The head's alone. */
  head: readonly ParameterSpec[];
  /** @param images [N,H,W,1] @returns logits of `classes`, [N,3] */
  classify(images: Tensor, pass: Pass): Tensor;
}

/** Features to logits: 512 → 512 → 128 → 3, batch normalisation and ReLU behind the first two. [N,512] to [N,3] */
export function projectionHead(): Layer {
  return chain(
    linear('head.0', resnet18Features, resnet18Features),
    batchNorm('head.1', resnet18Features),
    activation('relu'),
    linear('head.3', resnet18Features, projected),
    batchNorm('head.4', projected),
    activation('relu'),
    linear('out', projected, classes.length),
  );
}

/** The part of the network that gives features, of grey images [N,H,W,1] in [-1,1] whatever it takes of them. */
export function trunk(input: ClassifierInput): ResNet18 {
  if (input === 'grey') return resnet18({ inputs: 1, stem: 7 });
  const network = resnet18({ inputs: 3, stem: 7 });
  return { ...network, apply: (images, pass) => network.apply(imageNetImages(images), pass) };
}

export function classifier(input: ClassifierInput): Classifier {
  const features = trunk(input);
  const head = projectionHead();
  return {
    parameters: [...features.parameters, ...head.parameters],
    head: head.parameters,
    classify: (images, pass) => head.apply(features.apply(images, pass).features, pass),
  };
}

/**
 * Mean cross-entropy over images of all classes, as many of each, those of one class behind one another in the order of `classes`.
 * @param logits [3·N,3]
 */
export function crossEntropy(logits: Tensor): Tensor {
  const [rows = 0] = logits.shape;
  const count = classes.length;
  const labels = Float32Array.from({ length: rows * count }, (_, at) => {
    const [row, label] = [Math.floor(at / count), at % count];
    return Math.floor((row * count) / rows) === label ? 1 : 0;
  });
  return tf.losses.softmaxCrossEntropy(tf.tensor(labels, [rows, count]), logits);
}
