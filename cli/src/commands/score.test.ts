import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decoderBlocks, encoderBlocks, refinerBlocks } from '@ddad/models/architecture';
import type { Block } from '@ddad/models/block';
import { inlineWeights, type PipelineFacts, pipelineModel, type Weights } from '@ddad/onnx';
import type { NamedTensor } from '@ddad/storage';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordedScreens } from '../screens-for-tests.ts';
import { scoreImages } from './score.ts';

let directory: string;
let file: string;
const place = (name: string) => join(directory, name);

const facts: PipelineFacts = {
  format: 1,
  kind: 'pipeline',
  runId: 'r',
  dataset: 'd',
  backbone: 'ae',
  members: { ndm: ['a', 'b'], udm: ['c'] },
  refiners: { rIntra: 'i', rDual: 'd' },
  imageSize: 64,
  // A picture of one grey level g is reconstructed as 0: (g/127.5 - 1)² are 1 for black and white, 0.0000154 for 128.
  scales: { recEnsemble: 1, aIntra: 1, aInter: 1, rIntra: 1, rDual: 1 },
  calibration: {
    falsePositiveRate: 0.25,
    thresholds: { recEnsemble: 0.2 },
    heldOut: { recEnsemble: [0.1, 0.15, 0.2] },
  },
};

/** All weights 0: every member's reconstruction is 0, and ASR-Net's two classes are equally likely. */
function nothing(blocks: readonly Block[]): Weights {
  const tensors = new Map<string, NamedTensor>();
  const add = (name: string, shape: number[]) =>
    tensors.set(name, { shape, data: new Float32Array(shape.reduce((size, side) => size * side, 1)) });
  for (const { layer, name, inputs, outputs, kernel, bias, norm } of blocks) {
    const [first, second] = layer === 'transposedConvolution' ? [inputs, outputs] : [outputs, inputs];
    add(`${name}.weight`, layer === 'linear' ? [first, second] : [first, second, kernel, kernel]);
    if (bias) add(`${name}.bias`, [outputs]);
    if (norm === null) continue;
    for (const field of ['weight', 'bias', 'running_mean', 'running_var']) add(`${norm}.${field}`, [outputs]);
  }
  return tensors;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-score-'));
  file = place('run.onnx');
  const member = nothing([...encoderBlocks(64), ...decoderBlocks(1, 64)]);
  const weights = {
    member: async () => member,
    refiner: async (name: string) => nothing(refinerBlocks(name === 'rDual' ? 2 : 1)),
  };
  await writeFile(file, await pipelineModel(facts, weights, inlineWeights));
  const grey = (level: number, width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: level, g: level, b: level } } }).png();
  await grey(255, 100, 50).toFile(place('white.png'));
  await grey(128, 64, 64).toFile(place('grey.png'));
  await writeFile(place('text.png'), 'no image');
});
afterAll(() => rm(directory, { recursive: true }));

async function score(images: string[], out?: string, pipeline = file, dicom?: string) {
  const screens = recordedScreens();
  const never = () => expect.fail('asked a cluster');
  const deps = { screens, result: never, store: never, cache: place('cache') };
  const failure = await scoreImages(deps, { pipeline, images: images.map(place), out, dicom }).then(
    () => null,
    (error: unknown) => error as { exitCode: number; message: string },
  );
  const lines = screens.out.text().trim().split('\n').filter(Boolean);
  return { lines: lines.map((line) => JSON.parse(line)), failure };
}

it('scores images with an exported run, without a cluster, and judges them by held-out normal images', async () => {
  const { lines, failure } = await score(['white.png', 'grey.png']);
  expect(failure).toBeNull();
  const [white, grey] = lines;
  expect(white.image).toBe(place('white.png'));
  expect(white.scores.rec).toBeCloseTo(1, 6);
  expect(white.scores.recEnsemble).toBeCloseTo(1, 6);
  expect(white.scores.rDual).toBeCloseTo(0.5, 6);
  // (128/127.5 - 1)²
  expect(grey.scores.recEnsemble).toBeCloseTo(0.0000154, 7);
  // None of the three held-out images scores so high: 1 of 4; all of them do: 4 of 4.
  expect(white.pValues).toEqual({ recEnsemble: 0.25 });
  expect(grey.pValues).toEqual({ recEnsemble: 1 });
  expect([white.abnormal, grey.abnormal]).toEqual([{ recEnsemble: true }, { recEnsemble: false }]);
});

it("writes heat maps of each image's own size on the run's scale, under names that do not collide", async () => {
  const out = place('maps');
  const { lines } = await score(['white.png', 'grey.png', 'white.png'], out);
  expect(lines[2].maps.recEnsemble).toBe(join(out, 'white-2.recEnsemble.png'));
  expect(Object.keys(lines[0].maps)).toEqual(['recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual']);
  const corner = async (path: string) => {
    const { data, info } = await sharp(await readFile(path))
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { size: [info.width, info.height], colour: [...data.subarray(0, 3)] };
  };
  // Viridis: its end, its beginning, and step 128 of 256.
  expect(await corner(lines[0].maps.recEnsemble)).toEqual({ size: [100, 50], colour: [0xfd, 0xe7, 0x25] });
  expect(await corner(lines[1].maps.aIntra)).toEqual({ size: [64, 64], colour: [0x44, 0x01, 0x54] });
  expect((await corner(lines[1].maps.rDual)).colour).toEqual([0x21, 0x91, 0x8c]);
});

it("writes DICOM images' heat maps as objects that refer to them", async () => {
  const script = resolve(import.meta.dirname, '../../../packages/dataset/src/dicom/heat-map.testing.py');
  const python = (...args: string[]) =>
    execFileSync(process.env.DDAD_TEST_PYTHON!, [script, ...args], { encoding: 'utf8' });
  python('source', place('slice.dcm'));
  const out = place('objects');
  const { lines, failure } = await score(['slice.dcm', 'grey.png'], undefined, file, out);
  expect(failure).toBeNull();
  expect(lines[1].dicom).toBeNull();
  expect(lines[0].dicom.rDual).toBe(join(out, 'slice.rDual.dcm'));
  // ASR-Net's two classes are equally likely everywhere.
  expect(JSON.parse(python('read', place('slice.dcm'), lines[0].dicom.rDual))).toMatchObject({
    description: 'DDAD heat map rDual',
    mean: expect.closeTo(0.5, 4),
  });

  python('source', place('bare.dcm'), 'bare');
  const bare = await score(['bare.dcm'], undefined, file, out);
  expect(bare.lines[0].fault).toMatch(/expected a Study Instance UID/);
  expect(bare.lines[0].scores.rDual).toBeCloseTo(0.5, 6);
  expect(bare.failure).toMatchObject({ exitCode: 1 });
});

it('scores what can be read, names what cannot, and fails then', async () => {
  const { lines, failure } = await score(['text.png', 'grey.png', 'gone.png']);
  expect(lines.map(({ fault }) => fault ?? null)).toEqual([
    expect.stringMatching(/^expected a PNG, JPEG or DICOM image, got a file that starts with/),
    null,
    expect.stringMatching(/no such file/),
  ]);
  expect(failure).toMatchObject({ exitCode: 1, message: '2 of 3 images are at fault' });
});

it.each([
  ['text.png', /text\.png: expected an ONNX file/],
  ['gone.onnx', /gone\.onnx: expected an ONNX file, found nothing/],
])('refuses %s as a pipeline', async (pipeline, message) => {
  const { failure } = await score(['grey.png'], undefined, place(pipeline));
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});
