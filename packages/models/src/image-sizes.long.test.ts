import { expect, it } from 'vitest';
import { backbone } from './backbones.ts';
import { trainableCount } from './parameters.ts';
import { proveBackbone } from './prove-backbone.testing.ts';

// The other backbones are chains of the same layers.
proveBackbone('ae', { batchSize: 8, steps: 5, trainable: 34, side: 128 });

it('has backbones of every size that datasets are packed at, which differ in the layers that read and write maps alone', () => {
  for (const name of ['ae', 'aeu', 'memae']) {
    const [small, large] = [64, 128].map((size) => backbone(name, size).parameters);
    const shapes = new Map(large!.map((parameter) => [parameter.name, parameter.pytorchShape.join()]));
    expect(
      small!.filter((one) => shapes.get(one.name) !== one.pytorchShape.join()).map((one) => one.name),
    ).toEqual(['linear_enc.0.weight', 'linear_dec.3.weight', 'linear_dec.3.bias']);
    expect(shapes.get('linear_enc.0.weight')).toBe('2048,4096');
    // 3,072 more values of the maps: 2,048 weights each in either layer, and a bias in the second.
    expect(trainableCount(large!) - trainableCount(small!)).toBe(3072 * (2 * 2048 + 1));
  }
});

it('refuses sizes that cannot be halved four times', () => {
  for (const size of [0, 8, 100, 64.5]) {
    expect(() => backbone('ae', size)).toThrow(
      `image size: expected a multiple of 16, which can be halved four times, got ${size}`,
    );
  }
});
