import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { RunResult } from '@ddad/contract';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { type ArtifactReader, inlineWeights, type PipelineFacts } from '@ddad/onnx';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { side, waveImages } from '../../wave-images.testing.ts';
import { classifierKind, distancesKind, recipes } from '../kinds.ts';
import { onnx } from './index.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, toPyTorch } = await import('@ddad/models');
const { classifier } = await import('../classifier.ts');
const { unitFeatures } = await import('../features.ts');
const { scoreDistances } = await import('../score-distances.ts');

const count = 3;
const normals = 12;
const { pixels, directory, path } = await waveImages(count);

async function run(file: string, inputs: Record<string, Tensor>) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

test.each(['grey', 'colours'] as const)(
  'an exported run of %s gives the scorer’s own distances, and satisfies ONNX’s checker',
  async (input) => {
    const { parameters } = classifier(input);
    const weights = initialise(parameters, 3);
    for (const [name, { data }] of weights) {
      if (name.endsWith('running_mean')) randomStream(1, name).fillUniform(-0.1, 0.1, data);
      if (name.endsWith('running_var')) randomStream(1, name).fillUniform(0.6, 1.4, data);
    }
    const images = new Float32Array(normals * side * side);
    randomStream(2, 'normal').fillUniform(-1, 1, images);
    const features = (await unitFeatures({ weights, input, images, side }, async () => true))!;
    const files = {
      weights: join(directory, `${input}-weights`),
      features: join(directory, `${input}-features`),
    };
    await writeFile(files.weights, encodeSafetensors(toPyTorch(parameters, weights)));
    await writeFile(
      files.features,
      encodeSafetensors(new Map([['features', { shape: [normals, 512], data: features }]])),
    );
    const spec = { imageSize: side, ...(input === 'grey' ? {} : { pretrained: {} }) };
    const made = inputOf(classifierKind.kind, spec, files);
    const distances = {
      recipe: recipes.distances,
      classifier: made.manifest.key,
      imagesDigest: pixelsDigest(pixels),
      imageSize: side,
    };
    const scored = await scoreDistances(
      taskOf(distancesKind, distances, {
        pixels: path,
        images: [0, 1, 2],
        directory,
        inputs: { classifier: made },
      }),
      undisturbed,
    );
    const own = decodeSafetensors(await readFile(scored!.files.scores!)).tensors.get('mahalanobis')!.data;

    const reader: ArtifactReader = {
      manifest: async () => made.manifest,
      tensors: async (_artifact, file) =>
        decodeSafetensors(await readFile(files[file as keyof typeof files])).tensors,
    };
    const { key } = made.manifest;
    const result = { runId: 'r', artifacts: { classifier: key } } as unknown as RunResult;
    const pipeline = await onnx.pipeline(result, reader);
    expect(pipeline).toMatchObject({ imageSize: side, testMaps: [], facts: { classifier: key, input } });
    const facts: PipelineFacts = {
      format: 1,
      kind: 'pipeline',
      method: 'cutpaste',
      runId: 'r',
      dataset: 'waves',
      imageSize: side,
    };
    const file = join(directory, `${input}.onnx`);
    await writeFile(file, await pipeline.build(facts, inlineWeights));
    const program = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
    await promisify(execFile)(process.env.DDAD_TEST_PYTHON!, ['-c', program, file]);
    const found = await run(file, { images: new Tensor('uint8', pixels, [count, 1, side, side]) });
    expect(Object.keys(found)).toEqual(['mahalanobis']);
    own.forEach((distance, i) => {
      expect(Number(found.mahalanobis!.data[i]) / distance).toBeCloseTo(1, 3);
    });

    const alone = join(directory, `${input}-alone.onnx`);
    await writeFile(alone, await onnx.artifact(made.manifest, reader));
    const given = new Tensor('float32', images, [normals, 1, side, side]);
    const { features: exported } = await run(alone, { images: given });
    expect(exported!.dims).toEqual([normals, 512]);
    features.forEach((value, i) => {
      expect(Math.abs(Number(exported!.data[i]) - value)).toBeLessThan(1e-4);
    });
  },
);
