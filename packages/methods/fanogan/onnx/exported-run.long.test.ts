import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf } from '../../make-task.testing.ts';
import { scoresOfExport } from '../../proven-export.testing.ts';
import { area, side, waveImages } from '../../wave-images.testing.ts';
import { encoderKind, ganKind } from '../kinds.ts';
import { onnx } from './index.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, toPyTorch } = await import('@ddad/models');
const { largestDifference, largestRelativeDifference } = await import('@ddad/models/testing');
const { encoder } = await import('../networks.ts');
const { residualMaker } = await import('../score-images.ts');
const { ganParameters } = await import('../train-gan.ts');

const count = 3;
const width = 4;
const { pixels, directory } = await waveImages(count);

test('an exported run gives the scorer’s own scores and maps, and satisfies ONNX’s checker', async () => {
  const ofGan = ganParameters(width);
  const ofEncoder = encoder(width).parameters;
  const weights = initialise([...ofGan, ...ofEncoder], 3);
  for (const { name, initial } of [...ofGan, ...ofEncoder]) {
    if (initial.kind !== 'constant') continue;
    const low = initial.value === 1 ? 0.5 : -0.5;
    randomStream(1, name).fillUniform(low, low + 1, weights.get(name)!.data);
  }
  const maker = residualMaker({ width, imageSize: side }, weights);
  const batch = new Float32Array(maker.batchSize * area);
  batch.set(Float32Array.from(pixels, (grey) => grey / 127.5 - 1));
  const own = (await maker.make(batch, async () => true))!;
  maker.dispose();

  const files = {
    [ganKind.kind]: encodeSafetensors(toPyTorch(ofGan, weights)),
    [encoderKind.kind]: encodeSafetensors(toPyTorch(ofEncoder, weights)),
  };
  const made = {
    [ganKind.kind]: inputOf(ganKind.kind, { imageSize: side, width }, {}),
    [encoderKind.kind]: inputOf(encoderKind.kind, { width }, {}),
  };
  const artifacts = {
    gan: made[ganKind.kind]!.manifest.key,
    encoder: made[encoderKind.kind]!.manifest.key,
    scores: null,
  };
  const { pipeline, found } = await scoresOfExport({
    onnx,
    method: 'fanogan',
    artifacts,
    reader: {
      manifest: async ({ kind }) => made[kind]!.manifest,
      tensors: async ({ kind }) => decodeSafetensors(files[kind]!).tensors,
    },
    file: join(directory, 'run.onnx'),
    pixels,
    side,
  });
  expect(pipeline).toMatchObject({
    imageSize: side,
    testMaps: [],
    facts: { gan: artifacts.gan, encoder: artifacts.encoder, width },
  });
  expect([...found.keys()].sort()).toEqual([
    'izif',
    'residual',
    'residualForeground',
    'residualPeak',
    'residualRelative',
    'residualTop',
    'residual_map',
  ]);
  const first = (values: Float32Array, size: number) => values.subarray(0, count * size);
  expect(largestRelativeDifference(found.get('izif')!, first(own.izif!, 1))).toBeLessThan(1e-3);
  expect(largestRelativeDifference(found.get('residual')!, first(own.residual!, 1))).toBeLessThan(1e-4);
  expect(largestDifference(found.get('residual_map')!, first(own['map.residual']!, area))).toBeLessThan(1e-4);
});
