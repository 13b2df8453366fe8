import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reduceMaps } from '@ddad/anomaly';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { reducedName, reductions } from '@ddad/contract';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { externalWeights, inlineWeights, type PipelineFacts } from '@ddad/onnx';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { inputOf, taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { side, waveImages } from '../../wave-images.testing.ts';
import { mapKind, type RefinerInput, type Role, recipes, refinedKind, refinerKind } from '../kinds.ts';
import { memberInputs, memberKeys } from '../member-inputs.testing.ts';
import { type Backbone, backbones } from '../settings.ts';
import { memberModel } from './member-model.ts';
import { type DdadFacts, pipelineModel } from './pipeline-model.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet, backbone, initialise, toPyTorch } = await import('@ddad/models');
const { applyRefiner } = await import('../refiner/apply-refiner.ts');
const { makeMaps } = await import('../maps/make-maps.ts');
const { tf } = await import('@ddad/compute');

const count = 3;
const { pixels, directory, path: pixelsPath } = await waveImages(count);

type Parameters = ReturnType<typeof asrNet>['parameters'];

/** A file of weights whose outputs and running statistics are no longer those of a new network. */
async function weightsFile(
  name: string,
  parameters: Parameters,
  seed: number,
  gain: number,
): Promise<string> {
  const tensors = initialise(parameters, seed);
  for (const [key, { data }] of tensors) {
    const change = (value: number, i: number) =>
      key === 'decoder.9.weight'
        ? gain * value
        : key.endsWith('running_mean')
          ? 0.05 * Math.sin(i + seed)
          : key.endsWith('running_var')
            ? 0.5 + 0.3 * Math.cos(i * seed)
            : value;
    data.set(data.map(change));
  }
  const path = join(directory, `${name}.safetensors`);
  await writeFile(path, encodeSafetensors(toPyTorch(parameters, tensors)));
  return path;
}

const read = async (path: string) => decodeSafetensors(await readFile(path)).tensors;

const made = new Map<Backbone, ReturnType<typeof makeExported>>();

/** A small ensemble, its exported pipeline, and what the scorer itself makes of the images; made once. */
function exported(name: Backbone): ReturnType<typeof makeExported> {
  const found = made.get(name) ?? makeExported(name);
  made.set(name, found);
  return found;
}

async function makeExported(name: Backbone) {
  const { parameters } = backbone(name, side);
  const member = (seed: number) => weightsFile(`${name}-${seed}`, parameters, seed, 30);
  const members = {
    ndm: [await member(1), await member(2)],
    udm: [await member(3)],
  };
  const spec = {
    recipe: recipes.maps,
    backbone: name,
    ...memberKeys(members),
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
  };
  const task = taskOf(mapKind, spec, {
    inputs: memberInputs(members),
    images: [0, 1, 2],
    pixels: pixelsPath,
    directory,
  });
  const maps = (await makeMaps(task, undisturbed))!;
  const own = new Map<string, Float32Array>();
  const scores = await read(maps.files.scores!);
  for (const [key, { data }] of scores) own.set(key === 'rec.0' ? 'rec' : key, data);
  for (const [key, { data }] of await read(maps.files.maps!)) own.set(`${key}_map`, data);
  const refiners = { rIntra: '', rDual: '' };
  for (const [score, input] of [
    ['rIntra', 'intra'],
    ['rDual', 'dual'],
  ] as [keyof typeof refiners, RefinerInput][]) {
    const network = asrNet({ inputs: input === 'dual' ? 2 : 1 });
    refiners[score] = await weightsFile(`${name}-${input}`, network.parameters, 7, 1);
    const inputs = {
      maps: inputOf(mapKind.kind, spec, { maps: maps.files.maps! }),
      refiner: inputOf(refinerKind.kind, { input, imageSize: side }, { weights: refiners[score] }),
    };
    const apply = { maps: inputs.maps.manifest.key, refiner: inputs.refiner.manifest.key };
    // Files of both artifacts have the same names.
    const ownDirectory = join(directory, `${name}-${score}`);
    await mkdir(ownDirectory);
    const refined = (await applyRefiner(
      taskOf(refinedKind, apply, { inputs, directory: ownDirectory }),
      undisturbed,
    ))!;
    own.set(score, (await read(refined.files.scores!)).get('scores')!.data);
    own.set(`${score}_map`, (await read(refined.files.maps!)).get('maps')!.data);
  }
  for (const [key, values] of [...own]) {
    if (!key.endsWith('_map')) continue;
    const score = key.slice(0, -'_map'.length);
    const each = reduceMaps(values, pixels, count);
    for (const reduction of reductions)
      own.set(
        reducedName(score, reduction),
        Float32Array.from(each, (found) => found[reduction]),
      );
  }
  const facts: PipelineFacts & DdadFacts = {
    format: 1,
    kind: 'pipeline',
    method: 'ddad',
    runId: 'run',
    dataset: 'sine',
    backbone: name,
    members: { ndm: spec.ndm, udm: spec.udm },
    refiners,
    imageSize: side,
  };
  const weights = {
    member: (role: Role, index: number) => read(members[role][index]!),
    refiner: (which: 'rIntra' | 'rDual') => read(refiners[which]),
  };
  return { own, facts, weights, members };
}

const greyImages = { images: new Tensor('uint8', pixels, [count, 1, side, side]) };

async function run(file: string, inputs: Record<string, Tensor>) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  try {
    const results = await session.run(inputs);
    return new Map(Object.entries(results).map(([name, { data, dims }]) => [name, { data, dims }]));
  } finally {
    await session.release();
  }
}

/** What the `onnx` package's own checker says, shapes inferred; empty where nothing is wrong. */
async function check(file: string): Promise<string> {
  const program = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
  const { stdout, stderr } = await promisify(execFile)(process.env.DDAD_TEST_PYTHON!, ['-c', program, file]);
  return stdout + stderr;
}

describe.each(backbones)('%s', (name) => {
  test("an exported run gives the scorer's own maps and scores, and satisfies ONNX's checker", async () => {
    const { own, facts, weights } = await exported(name);
    const file = join(directory, `${name}.onnx`);
    await writeFile(file, await pipelineModel(facts, weights, inlineWeights));
    expect(await check(file)).toBe('');
    const found = await run(file, greyImages);
    const others = [...own.keys()].filter((key) => key.startsWith('rec.'));
    expect([...found.keys(), ...others].sort()).toEqual([...own.keys()].sort());
    for (const [key, { data, dims }] of found) {
      const expected = own.get(key)!;
      expect(dims).toEqual(key.endsWith('_map') ? [count, 1, side, side] : [count]);
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(data[i]))), 0);
      expect(worst, key).toBeLessThan(1e-4);
      // And there is something to compare.
      expect(Math.max(...expected), key).toBeGreaterThan(0.01);
    }
  });

  test.each([
    ['of the paper’s widths', {}],
    ['of others', { latentSize: 4, wideLayer: 100 }],
  ])('an exported member reconstructs as it does here, %s', async (_what, widths) => {
    const model = backbone(name, side, widths);
    const path = await weightsFile(`${name}-alone`, model.parameters, 11, 30);
    const file = join(directory, `${name}-member.onnx`);
    const facts = {
      format: 1,
      kind: 'member',
      key: 'key',
      backbone: name,
      imageSize: side,
      ...widths,
    } as const;
    await writeFile(file, memberModel(facts, await read(path)));
    expect(await check(file)).toBe('');
    const x = Float32Array.from(pixels, (grey) => grey / 127.5 - 1);
    const found = await run(file, { images: new Tensor('float32', x, [count, 1, side, side]) });
    const { fromPyTorch } = await import('@ddad/models');
    const tensors = fromPyTorch(model.parameters, await read(path));
    tf.tidy(() => {
      const all = Object.fromEntries([...tensors].map(([key, t]) => [key, tf.tensor(t.data, t.shape)]));
      const { image, variance } = model.reconstruct(all, all, tf.tensor(x, [count, side, side, 1]));
      const expected = { reconstruction: image, ...(variance === null ? {} : { variance }) };
      expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
      for (const [key, tensor] of Object.entries(expected)) {
        const values = tensor.dataSync<'float32'>();
        const worst = values.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - Number(found.get(key)!.data[i]))),
          0,
        );
        expect(worst, key).toBeLessThan(1e-4);
      }
    });
  });
});

test('weights in a file of their own give the same; a one-class run has neither aInter nor rDual', async () => {
  const { own, facts, weights } = await exported('ae');
  const file = join(directory, 'external.onnx');
  const data: Buffer[] = [];
  const sink = externalWeights('external.onnx.data', (bytes) => void data.push(Buffer.from(bytes)));
  await writeFile(file, await pipelineModel(facts, weights, sink));
  await writeFile(`${file}.data`, Buffer.concat(data));
  expect(await check(file)).toBe('');
  const found = await run(file, greyImages);
  expect(Math.abs(own.get('rDual')![2]! - Number(found.get('rDual')!.data[2]))).toBeLessThan(1e-4);
  expect((await readFile(file)).length).toBeLessThan(200_000);

  const oneClass = {
    ...facts,
    members: { ndm: facts.members.ndm, udm: [] },
    refiners: { rIntra: 'intra', rDual: null },
  };
  await writeFile(file, await pipelineModel(oneClass, weights, inlineWeights));
  expect([...(await run(file, greyImages)).keys()].filter((key) => !key.endsWith('_map')).sort()).toEqual([
    ...['aIntra', 'aIntraForeground', 'aIntraPeak', 'aIntraRelative', 'aIntraTop'],
    ...['rIntra', 'rIntraForeground', 'rIntraPeak', 'rIntraRelative', 'rIntraTop', 'rec', 'recEnsemble'],
    ...['recEnsembleForeground', 'recEnsemblePeak', 'recEnsembleRelative', 'recEnsembleTop'],
  ]);
});
