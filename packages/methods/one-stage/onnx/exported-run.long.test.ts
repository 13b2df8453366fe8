import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reduceMap } from '@ddad/anomaly';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type RunResult, reducedName, reductions } from '@ddad/contract';
import { type ArtifactReader, inlineWeights, type PipelineFacts } from '@ddad/onnx';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { area, side } from '../../wave-images.testing.ts';
import { sample, shortTraining } from '../one-stage.testing.ts';
import { oneStageOnnx } from './index.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, residualEncoderDecoder, toPyTorch } = await import('@ddad/models');
const { makeMaps } = await import('../make-maps.ts');

const count = 3;
const { kinds, spec, shared, data } = await shortTraining(sample, { count });
const onnx = oneStageOnnx({ definition: sample, kinds });

async function run(file: string, images: Tensor) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  try {
    return await session.run({ images });
  } finally {
    await session.release();
  }
}

test('an exported run gives the scorer’s own maps and scores, and satisfies ONNX’s checker', async () => {
  const { parameters } = residualEncoderDecoder();
  const weights = initialise(parameters, 3);
  for (const [name, { data: values }] of weights) {
    if (name.endsWith('running_mean')) randomStream(1, name).fillUniform(-0.1, 0.1, values);
    if (name.endsWith('running_var')) randomStream(1, name).fillUniform(0.6, 1.4, values);
  }
  const file = join(data.directory, 'weights');
  await writeFile(file, encodeSafetensors(toPyTorch(parameters, weights)));
  const network = inputOf(kinds.network.kind, spec, { weights: file });
  const mapsSpec = { recipe: sample.recipes.maps, network: network.manifest.key, ...shared };
  const made = (await makeMaps(taskOf(kinds.maps, mapsSpec, { ...data, inputs: { network } }), undisturbed))!;
  const read = async (path: string) => decodeSafetensors(await readFile(path)).tensors;
  const maps = (await read(made.files.maps!)).get('predicted')!.data;
  const scores = (await read(made.files.scores!)).get('predicted')!.data;
  // Neither all of one value nor at an end of the scale.
  expect(Math.max(...maps) - Math.min(...maps)).toBeGreaterThan(0.1);

  const reader: ArtifactReader = {
    manifest: async () => network.manifest,
    tensors: async () => read(file),
  };
  const { key } = network.manifest;
  const result = { runId: 'r', artifacts: { network: key, maps: 'm' } } as unknown as RunResult;
  const pipeline = await onnx.pipeline(result, reader);
  expect(pipeline).toMatchObject({
    imageSize: side,
    facts: { network: key },
    testMaps: [{ kind: kinds.maps.kind, key: 'm', score: 'predicted', tensor: 'predicted' }],
  });
  const facts: PipelineFacts = {
    format: 1,
    kind: 'pipeline',
    method: sample.name,
    runId: 'r',
    dataset: 'waves',
    imageSize: side,
  };
  const whole = join(data.directory, 'run.onnx');
  await writeFile(whole, await pipeline.build(facts, inlineWeights));
  const program = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
  await promisify(execFile)(process.env.DDAD_TEST_PYTHON!, ['-c', program, whole]);
  const pixels = new Uint8Array(await readFile(data.pixels));
  const found = await run(whole, new Tensor('uint8', pixels, [count, 1, side, side]));
  const values = (name: string) => Float32Array.from(found[name]!.data as Float32Array);
  values('predicted_map').forEach((value, at) => {
    expect(Math.abs(value - maps[at]!)).toBeLessThan(1e-4);
  });
  for (let image = 0; image < count; image += 1) {
    const map = maps.slice(image * area, (image + 1) * area);
    expect(values('predicted')[image]! / scores[image]!).toBeCloseTo(1, 3);
    const reduced = reduceMap(map, pixels.subarray(image * area, (image + 1) * area));
    for (const reduction of reductions)
      expect(values(reducedName('predicted', reduction))[image]! / reduced[reduction]).toBeCloseTo(1, 3);
  }

  const alone = join(data.directory, 'network.onnx');
  await writeFile(alone, await onnx.artifact(network.manifest, reader));
  const inputs = Float32Array.from(pixels, (grey) => grey / 127.5 - 1);
  const { predicted } = await run(alone, new Tensor('float32', inputs, [count, 1, side, side]));
  expect(predicted!.dims).toEqual([count, 1, side, side]);
  maps.forEach((value, at) => {
    expect(Math.abs(Number(predicted!.data[at]) - value)).toBeLessThan(1e-4);
  });
});

test('a run without its network’s key is refused with every fault', async () => {
  const reader: ArtifactReader = {
    manifest: () => expect.fail('read a manifest'),
    tensors: () => expect.fail('read tensors'),
  };
  const result = { runId: 'r', artifacts: {} } as unknown as RunResult;
  await expect(onnx.pipeline(result, reader)).rejects.toThrow(
    /^run r: artifacts\.network: .*; artifacts\.maps: /,
  );
});
