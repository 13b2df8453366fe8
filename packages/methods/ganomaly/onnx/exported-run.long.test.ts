import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf } from '../../make-task.testing.ts';
import { scoresOfExport } from '../../proven-export.testing.ts';
import { area, side, waveImages } from '../../wave-images.testing.ts';
import { generatorKind } from '../kinds.ts';
import { onnx } from './index.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, toPyTorch } = await import('@ddad/models');
const { largestDifference, largestRelativeDifference } = await import('@ddad/models/testing');
const { generator } = await import('../networks.ts');
const { residualMaker } = await import('../score-images.ts');

const count = 3;
const { pixels, directory } = await waveImages(count);

test('an exported run gives the scorer’s own scores and maps, and satisfies ONNX’s checker', async () => {
  const { parameters } = generator(side);
  const weights = initialise(parameters, 3);
  for (const { name, initial } of parameters) {
    if (initial.kind === 'constant') randomStream(1, name).fillUniform(0.5, 1.5, weights.get(name)!.data);
  }
  const maker = residualMaker(weights, side);
  const batch = new Float32Array(maker.batchSize * area);
  batch.set(Float32Array.from(pixels, (grey) => grey / 127.5 - 1));
  const own = (await maker.make(batch, async () => true))!;
  maker.dispose();

  const file = encodeSafetensors(toPyTorch(parameters, weights));
  const made = inputOf(generatorKind.kind, { imageSize: side }, {});
  const scores = 's'.repeat(64);
  const path = join(directory, 'run.onnx');
  const { pipeline, found } = await scoresOfExport({
    onnx,
    method: 'ganomaly',
    artifacts: { generator: made.manifest.key, scores },
    reader: { manifest: async () => made.manifest, tensors: async () => decodeSafetensors(file).tensors },
    file: path,
    pixels,
    side,
  });
  expect(pipeline).toMatchObject({
    imageSize: side,
    facts: { generator: made.manifest.key },
    testMaps: [{ kind: 'scored-ganomaly', key: scores, score: 'residual', tensor: 'residual' }],
  });
  expect([...found.keys()].sort()).toEqual([
    'latentError',
    'residual',
    'residualForeground',
    'residualPeak',
    'residualRelative',
    'residualTop',
    'residual_map',
  ]);
  const first = (values: Float32Array, size: number) => values.subarray(0, count * size);
  expect(largestRelativeDifference(found.get('latentError')!, first(own.latentError!, 1))).toBeLessThan(1e-3);
  expect(largestRelativeDifference(found.get('residual')!, first(own.residual!, 1))).toBeLessThan(1e-4);
  expect(largestDifference(found.get('residual_map')!, first(own['map.residual']!, area))).toBeLessThan(1e-4);
});
