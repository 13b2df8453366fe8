/**
 * Methods at the sizes above 64 px that they take: a run's graph as it is planned, made artifact by artifact, and exported. Each has one step
 * of its smallest form. That IGD's is right there is proven by igd/losses.long.test.ts.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reduceMaps } from '@ddad/anomaly';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type PlanBasis, type RunSettings, reducedName, reductions } from '@ddad/contract';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { ChildResult, MakerInput } from '@ddad/jobs';
import type { ArtifactName } from '@ddad/onnx';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, onTestFinished, test } from 'vitest';
import { methods } from './index.ts';
import { inputOf, taskOf } from './make-task.testing.ts';
import type { Maker } from './maker.ts';
import { scoresOfExport } from './proven-export.testing.ts';
import { settingsOf } from './run-input.testing.ts';
import { undisturbed } from './undisturbed.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { smoothImages } = await import('@ddad/models/testing');

const count = 3;

/**
 * Gives what was trained for a step values as after many, so that every layer has a say in what comes out: scales of batch normalisations that
 * are not 1, offsets not 0, other running variances, and convolutions `gain` times as strong.
 */
async function settle(file: string, gain: number): Promise<void> {
  const { tensors } = decodeSafetensors(await readFile(file));
  for (const [name, { shape, data }] of tensors) {
    if (shape.length === 4) data.set(data.map((value) => gain * value));
    if (!name.endsWith('.running_var')) continue;
    const norm = name.slice(0, -'.running_var'.length);
    for (const [field, low] of [
      ['weight', 0.5],
      ['bias', -0.5],
      ['running_var', 0.5],
    ] as const)
      randomStream(1, norm, field).fillUniform(low, low + 1, tensors.get(`${norm}.${field}`)!.data);
  }
  await writeFile(file, encodeSafetensors(tensors));
}

/** A run's artifacts, each made as a worker makes it, and what its exported file gives of the same images. */
async function made(method: string, imageSize: number, fields: object, gain: number) {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-larger-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const pixels = Uint8Array.from(smoothImages(count, imageSize), (value) => 127.5 + 127.5 * value);
  const path = join(directory, 'pixels.u8');
  await writeFile(path, pixels);
  const settings = settingsOf({ method, ...fields }) as RunSettings;
  const images = { digest: pixelsDigest(pixels), count };
  const basis: PlanBasis = {
    settings,
    datasetDigest: 'd',
    imageSize,
    images: { normal: images, training: images, test: images, reference: null },
    judged: true,
    retries: {},
    lost: [],
  };
  const entry = methods.entry(method)!;
  const { nodes } = entry.method.plan(basis);
  const makers = await entry.makers();
  const artifacts = new Map<string, MakerInput>();
  const results = new Map<string, ChildResult>();
  for (const { kind, spec, key } of nodes) {
    const definition = methods.kind(kind)!;
    // Within the bounds of its kind, as coordinator and worker check it.
    const parsed = definition.schema.parse(spec);
    const inputs = Object.fromEntries(
      Object.entries(definition.needs(parsed)).map(([name, need]) => [name, artifacts.get(need.key)!]),
    );
    const maker = makers[kind] as Maker;
    const positions = Array.from({ length: count }, (_, at) => at);
    const task = taskOf(definition, parsed, { pixels: path, images: positions, directory, inputs });
    const result = (await maker(task, undisturbed))!;
    if (result.files.weights !== undefined) await settle(result.files.weights, gain);
    artifacts.set(key, inputOf(kind, spec, result.files as Record<string, string>));
    results.set(key, result);
  }
  const tensors = async (key: string, file: string) =>
    decodeSafetensors(await readFile(artifacts.get(key)!.files[file]!)).tensors;
  const { found } = await scoresOfExport({
    onnx: await entry.onnx!(),
    method,
    facts: entry.method.facts(settings),
    artifacts: Object.fromEntries(nodes.map(({ artifact, key }) => [artifact!, key])),
    reader: {
      manifest: async ({ key }: ArtifactName) => artifacts.get(key)!.manifest,
      tensors: ({ key }: ArtifactName, file: string) => tensors(key, file),
    },
    file: join(directory, 'run.onnx'),
    pixels,
    side: imageSize,
  });
  return { pixels, nodes, results, tensors, found };
}

const once = { epochs: 1, batchSize: 2 };

// DRAEM's first weights, N(0, 0.02), let next to nothing through.
test.each([
  ['igd', 128, { ...once, width: 4 }, 1],
  ['igd', 224, { ...once, width: 4 }, 1],
  ['igd', 256, { ...once, width: 4 }, 1],
  ['draem', 224, { ...once, width: 4 }, 7],
  ['draem', 256, { ...once, width: 4 }, 7],
  ['cutpaste', 224, { steps: 1, batchSize: 2 }, 1],
  ['cutpaste', 256, { steps: 1, batchSize: 2 }, 1],
  ['nsa', 224, once, 1],
  ['nsa', 256, once, 1],
  ['ganomaly', 128, once, 1],
])(
  '%s at %i px trains and scores, and its exported file gives the same',
  async (method, side, fields, gain) => {
    const { pixels, nodes, results, tensors, found } = await made(method, side, fields, gain);
    const [trained, scored] = nodes;
    expect(nodes).toHaveLength(2);
    expect(Number.isFinite(results.get(trained!.key)!.loss)).toBe(true);
    const expected = new Map<string, Float32Array>();
    for (const { score, tensor, map } of scored!.scores!) {
      expected.set(score, (await tensors(scored!.key, 'scores')).get(tensor)!.data);
      if (map === undefined) continue;
      const { shape, data } = (await tensors(scored!.key, 'maps')).get(map)!;
      expect(shape).toEqual([count, side, side]);
      expected.set(`${score}_map`, data);
      const each = reduceMaps(data, pixels, count);
      for (const reduction of reductions)
        expected.set(
          reducedName(score, reduction),
          Float32Array.from(each, (of) => of[reduction]),
        );
    }
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of expected) {
      const exported = found.get(name)!;
      expect(exported).toHaveLength(values.length);
      let [least, most, off] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
      values.forEach((value, at) => {
        least = Math.min(least, value);
        most = Math.max(most, value);
        off = Math.max(off, Math.abs(exported[at]! - value));
      });
      // By how far images, or pixels, lie apart: values that are all the same would prove nothing.
      expect(off, name).toBeLessThan(0.01 * (most - least));
    }
  },
);
