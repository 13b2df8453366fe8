import { adam, inferenceStep, phase, phasedStep, randomStream, sizeOf, type Tensor, tf } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { trainingPass } from './layers/index.ts';
import { proveNetwork } from './layers/prove-network.testing.ts';
import { bufferNames, initialise, shapesOf, trainableCount, trainableNames } from './parameters.ts';
import { decidedWeights } from './reference.testing.ts';
import { resnet18 } from './resnet18.ts';

/** Twenty layers of float32, and batch normalisation of 16 values at the end. A wrong derivative is off by far more. */
const deep = { ofAll: 5e-5, ofOwn: 5e-3 };

describe.each([
  ['resnet18', { inputs: 1, stem: 7 }, [4, 64, 64, 1]],
  ['resnet18-small', { inputs: 3, stem: 3 }, [4, 16, 16, 3]],
] as const)('network %s', (name, form, entry) => {
  const { parameters } = resnet18(form);
  // Offsets that open one channel and close the next keep millions of ReLU inputs away from 0.
  const weights = decidedWeights(parameters, 1);
  proveNetwork(name, { entry: [...entry], output: [4, 512], weights, tolerance: deep });
});

describe('ResNet18', () => {
  it("has as many parameters as torchvision's without its classifier, under its names", () => {
    // torchvision's resnet18 has 11,689,512, of which the classifier 513,000; its first convolution reads three channels.
    expect(trainableCount(resnet18({ inputs: 3 }).parameters)).toBe(11_689_512 - 513_000);
    expect(trainableCount(resnet18({ inputs: 1 }).parameters)).toBe(11_689_512 - 513_000 - 2 * 49 * 64);
    const names = resnet18({ inputs: 1 }).parameters.map(({ name }) => name);
    // 20 convolutions, and as many batch normalisations of four tensors.
    expect(names).toHaveLength(100);
    expect(names.slice(0, 6)).toEqual([
      'conv1.weight',
      'bn1.weight',
      'bn1.bias',
      'bn1.running_mean',
      'bn1.running_var',
      'layer1.0.conv1.weight',
    ]);
    const shape = (name: string) =>
      resnet18({ inputs: 3 })
        .parameters.find((parameter) => parameter.name === name)
        ?.pytorchShape.join('×');
    expect(shape('conv1.weight')).toBe('64×3×7×7');
    expect(shape('layer2.0.downsample.0.weight')).toBe('128×64×1×1');
    expect(shape('layer4.1.conv2.weight')).toBe('512×512×3×3');
    expect(names.some((name) => name.startsWith('layer1.0.downsample'))).toBe(false);
  });

  it("starts as torchvision's does: He's normal distribution by the fan-out", () => {
    const { data } = initialise(resnet18({ inputs: 1 }).parameters, 1).get('layer2.0.conv1.weight')!;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    // √(2/(128·9)); of 73,728 values the standard error is 0.3 %.
    expect(deviation / Math.sqrt(2 / (128 * 9))).toBeGreaterThan(0.985);
    expect(deviation / Math.sqrt(2 / (128 * 9))).toBeLessThan(1.015);
  });

  it('gives maps of a 32th of the side, and their means as features', () => {
    const network = resnet18({ inputs: 1 });
    const step = inferenceStep({
      weights: initialise(network.parameters, 1),
      inputs: { x: [2, 64, 64, 1] },
      compute: (weights, { x }) => {
        const { maps, features } = network.apply(x!, {
          mode: 'infer',
          weights,
          buffers: weights,
          renewed: {},
        });
        return { maps, features };
      },
      mode: 'graph',
    });
    try {
      const x = new Float32Array(2 * 64 * 64);
      randomStream(1, 'x').fillUniform(-1, 1, x);
      const { maps, features } = step.run({ x });
      expect(maps).toHaveLength(2 * 2 * 2 * 512);
      const mean = [0, 1, 2, 3].reduce((sum, pixel) => sum + maps![pixel * 512 + 7]! / 4, 0);
      expect(features![7]).toBeCloseTo(mean, 5);
      expect(features).toHaveLength(1024);
    } finally {
      step.dispose();
    }
  });

  it.each(['float32', 'bfloat16'] as const)(
    'learns, the same again bit by bit (%s)',
    (precision) => {
      const network = resnet18({ inputs: 1 });
      const { trainable, buffers } = shapesOf(network.parameters);
      const images = [8, 32, 32, 1];
      const step = phasedStep({
        weights: { ...trainable, head: [512, 2] },
        buffers,
        phases: {
          classify: phase({
            trains: [...trainableNames(network.parameters), 'head'],
            renews: bufferNames(network.parameters),
            inputs: { images, labels: [8, 2] },
            loss: (weights, running, inputs) => {
              const pass = trainingPass(weights, running);
              const { features } = network.apply(inputs.images, pass);
              const logits = tf.matMul(features as Tensor, weights.head!);
              return {
                loss: tf.losses.softmaxCrossEntropy(inputs.labels, logits),
                buffers: pass.renewed,
              };
            },
            optimiser: adam({ learningRate: 1e-3 }),
          }),
        },
        precision,
        mode: 'graph',
      });
      const x = new Float32Array(sizeOf(images));
      randomStream(1, 'images').fillUniform(-1, 1, x);
      const labels = Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : 0));
      const train = () => {
        step.write(
          initialise(network.parameters, 1).set('head', { shape: [512, 2], data: new Float32Array(1024) }),
        );
        return Array.from({ length: 6 }, () => step.run('classify', { images: x, labels }).loss);
      };
      try {
        const losses = train();
        expect(losses[0]).toBeCloseTo(Math.log(2), 5);
        expect(losses[5]).toBeLessThan(0.2);
        expect(train()).toEqual(losses);
      } finally {
        step.dispose();
      }
    },
    60_000,
  );
});
