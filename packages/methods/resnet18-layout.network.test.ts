import { tf } from '@ddad/compute';
import { resnet18 } from '@ddad/models';
import { expect, test } from 'vitest';
import { imageNetImages } from './imagenet-images.ts';
import { resnet18Layout } from './resnet18-layout.ts';

test('the layout of a ResNet18’s weights is that of the network, by PyTorch’s names', () => {
  const { parameters } = resnet18({ inputs: 3 });
  const own = Object.fromEntries(parameters.map(({ name, pytorchShape }) => [name, [...pytorchShape]]));
  expect(resnet18Layout.tensors).toEqual(own);
  for (const name of ['fc.weight', 'bn1.num_batches_tracked', 'layer2.0.downsample.1.num_batches_tracked'])
    expect(resnet18Layout.passes.test(name)).toBe(true);
  expect(resnet18Layout.passes.test('layer1.2.conv1.weight')).toBe(false);
});

test('grey images become three colours, normalised as ImageNet’s', () => {
  const made = tf.tidy(() => imageNetImages(tf.tensor([-1, 0, 1], [1, 1, 3, 1])).dataSync());
  const expected = [0, 0.5, 1].flatMap((grey) => [
    (grey - 0.485) / 0.229,
    (grey - 0.456) / 0.224,
    (grey - 0.406) / 0.225,
  ]);
  made.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
});
