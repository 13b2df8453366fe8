import { type Tensor, tf } from '@ddad/compute';
import { imageNet } from './resnet18-layout.ts';

/**
 * Grey images as networks that were trained on ImageNet take them: the grey value as red, green and blue, each normalised by
 * ImageNet's mean and standard deviation of that colour.
 * @param images [N,H,W,1], in [-1,1]
 * @returns [N,H,W,3]
 */
export function imageNetImages(images: Tensor): Tensor {
  return tf.tidy(() => {
    const unit = tf.div(tf.add(images, 1), 2);
    return tf.div(tf.sub(unit, [...imageNet.mean]), [...imageNet.deviation]);
  });
}
