import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ScoreDefinition, withHeadline, withReductions } from '@ddad/contract';
import { dicomFile } from '@ddad/dataset/testing';
import { MethodRegistry } from '@ddad/methods';
import { factsKey, GraphBuilder, inlineWeights, mapScoresVersion, type PipelineFacts } from '@ddad/onnx';
import { inventedExport, inventedFacts, inventedModel } from '@ddad/onnx/testing';
import { memoryStore } from '@ddad/storage/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  definitions,
  entry as inventedEntry,
  inventedMethods,
  inventedResult,
} from '../invented-method.testing.ts';
import { exportDigest } from '../onnx/exported-runs.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import { scoreImages } from './score.ts';

let directory: string;
let file: string;
const place = (name: string) => join(directory, name);

const facts: PipelineFacts = {
  ...inventedFacts,
  // (g/127.5 - 1)² are 1 for black and white, 0.0000154 for 128.
  scales: { far: 1, zero: 1, fused: 1 },
  calibration: {
    falsePositiveRate: 0.25,
    thresholds: { far: 0.2 },
    heldOut: { far: [0.1, 0.15, 0.2] },
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-score-'));
  file = place('run.onnx');
  await writeFile(file, inventedModel(facts, inlineWeights));
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
  const deps = { screens, methods: inventedMethods, result: never, store: never, cache: place('cache') };
  const failure = await scoreImages(deps, { pipeline, images: images.map(place), out, dicom }).then(
    () => null,
    (error: unknown) => error as { exitCode: number; message: string; document?: unknown },
  );
  const lines = screens.out.text().trim().split('\n').filter(Boolean);
  return { lines: lines.map((line) => JSON.parse(line)), failure, told: screens.err.text() };
}

it('scores images with an exported run, without a cluster, and judges them by held-out normal images', async () => {
  const { lines, failure } = await score(['white.png', 'grey.png']);
  expect(failure).toBeNull();
  const [white, grey] = lines;
  expect(white.image).toBe(place('white.png'));
  expect(Object.keys(white.scores)).toEqual(['near', 'far', 'zero', 'fused']);
  expect(white.scores.near).toBeCloseTo(1, 6);
  expect(white.scores.far).toBeCloseTo(1, 6);
  expect(white.scores.fused).toBeCloseTo(0.5, 6);
  // (128/127.5 - 1)²
  expect(grey.scores.far).toBeCloseTo(0.0000154, 7);
  // None of the three held-out images scores so high: 1 of 4; all of them do: 4 of 4.
  expect(white.pValues).toEqual({ far: 0.25 });
  expect(grey.pValues).toEqual({ far: 1 });
  expect([white.abnormal, grey.abnormal]).toEqual([{ far: true }, { far: false }]);
});

it("writes heat maps of each image's own size on the run's scale, under names that do not collide", async () => {
  const out = place('maps');
  const { lines } = await score(['white.png', 'grey.png', 'white.png'], out);
  expect(lines[2].maps.far).toBe(join(out, 'white-2.far.png'));
  expect(Object.keys(lines[0].maps)).toEqual(['far', 'zero', 'fused']);
  const corner = async (path: string) => {
    const { data, info } = await sharp(await readFile(path))
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { size: [info.width, info.height], colour: [...data.subarray(0, 3)] };
  };
  // Viridis: its end, its beginning, and step 128 of 256.
  expect(await corner(lines[0].maps.far)).toEqual({ size: [100, 50], colour: [0xfd, 0xe7, 0x25] });
  expect(await corner(lines[1].maps.zero)).toEqual({ size: [64, 64], colour: [0x44, 0x01, 0x54] });
  expect((await corner(lines[1].maps.fused)).colour).toEqual([0x21, 0x91, 0x8c]);
});

it('warns of 16-bit images that the range of the run leaves next to no grey levels', async () => {
  const values = Uint16Array.from({ length: 64 * 64 }, (_, at) => at);
  const ramp = sharp(values, { raw: { width: 64, height: 64, channels: 1 } })
    .toColourspace('grey16')
    .png();
  await ramp.toFile(place('twelve-bits.png'));
  const { failure, told } = await score(['white.png', 'twelve-bits.png']);
  expect(failure).toBeNull();
  expect(told).toContain('warning: 1 16-bit image keeps 16 grey levels or fewer of the values 0 to 65535');
  expect(told).toContain(`  ${place('twelve-bits.png')}: values 0 to 4095\n`);
  const twelve = place('twelve.onnx');
  await writeFile(twelve, inventedModel({ ...facts, reading: { range: [0, 4095] } }, inlineWeights));
  expect((await score(['twelve-bits.png'], undefined, twelve)).told).not.toContain('warning');
});

describe('never writes the heat maps of two images to one file', () => {
  const frames = { patient: 'P', name: 'N', columns: 64, frames: 2 };
  beforeAll(async () => {
    for (const folder of ['first', 'second']) await mkdir(place(folder));
    for (const name of ['first/scan-2.png', 'first/scan.png', 'a.1.png'])
      await cp(place('white.png'), place(name));
    await cp(place('grey.png'), place('second/scan.png'));
    // The largest value is white.
    const values = Array.from({ length: 2 * 64 * 64 }, (_, i) => (i === 0 || i === 64 * 64 ? 0 : 4095));
    await writeFile(place('a.dcm'), dicomFile({ ...frames, values }));
  });

  it.each([
    ['numbers', ['first/scan-2.png', 'first/scan.png', 'second/scan.png'], ['scan-2', 'scan', 'scan-3']],
    ['frames before', ['a.dcm', 'a.1.png'], ['a.1-2', 'a.2', 'a.1']],
    ['frames behind', ['a.1.png', 'a.dcm'], ['a.1', 'a.1-2', 'a.2']],
    ['a frame by itself', ['a.dcm#1', 'a.1.png', 'a.dcm#1'], ['a.1-2', 'a.1', 'a-2.1']],
  ])('%s', async (what, images, names) => {
    const out = place(`apart/${what}`);
    const { lines, failure } = await score(images, out);
    expect(failure).toBeNull();
    expect(lines.map(({ maps }) => maps.far)).toEqual(names.map((name) => join(out, `${name}.far.png`)));
    expect(await readdir(out)).toHaveLength(3 * names.length);
    for (const { image, maps } of lines) {
      // Yellow of what is white, violet of what is grey.
      const { data } = await sharp(maps.far).raw().toBuffer({ resolveWithObject: true });
      const middle = data.subarray(data.length / 2 + 96, data.length / 2 + 99);
      expect([...middle]).toEqual(image.endsWith('second/scan.png') ? [0x44, 1, 0x54] : [0xfd, 0xe7, 0x25]);
    }
  });

  it('writes those of an earlier call over', async () => {
    const out = place('again');
    await score(['white.png', 'grey.png'], out);
    const { lines } = await score(['white.png', 'grey.png'], out);
    expect(lines.map(({ maps }) => maps.far)).toEqual([
      join(out, 'white.far.png'),
      join(out, 'grey.far.png'),
    ]);
    expect(await readdir(out)).toHaveLength(6);
  });
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
  expect(lines[0].dicom.fused).toBe(join(out, 'slice.fused.dcm'));
  expect(JSON.parse(python('read', place('slice.dcm'), lines[0].dicom.fused))).toMatchObject({
    description: 'DDAD heat map fused',
    mean: expect.closeTo(0.5, 4),
  });

  python('source', place('bare.dcm'), 'bare');
  const bare = await score(['bare.dcm'], undefined, file, out);
  expect(bare.lines[0].fault).toMatch(/expected a Study Instance UID/);
  expect(bare.lines[0].scores.fused).toBeCloseTo(0.5, 6);
  expect(bare.failure).toMatchObject({ exitCode: 1 });
});

describe('of files with many pictures', () => {
  const side = 64;
  beforeAll(async () => {
    const values = Array.from({ length: 40 * side * side }, (_, i) => i % 4096);
    const many = { patient: 'P', name: 'N', columns: side, frames: 40, values };
    for (const name of ['many.dcm', 'more.dcm']) await writeFile(place(name), dicomFile(many));
  });

  it('takes at most sixteen pictures at a time, of one file or of several', async () => {
    // A scorer whose one score is the number of images that it is given together.
    const graph = new GraphBuilder(inlineWeights);
    const images = graph.op('Cast', [graph.input('images', 'uint8', ['N', 1, side, side])], { to: 1 });
    const mean = graph.op('ReduceMean', [images], { axes: [1, 2, 3], keepdims: 0 });
    const ones = graph.op('Add', [graph.op('Mul', [mean, graph.scalar(0)]), graph.scalar(1)]);
    const count = graph.op('ReduceSum', [ones, graph.integers([0])], { keepdims: 1 });
    graph.output('near', graph.op('Mul', [ones, count]), ['N']);
    const counting = place('counting.onnx');
    await writeFile(counting, graph.build('pipeline', 'Counts.', { [factsKey]: JSON.stringify(facts) }));
    const { lines } = await score(['white.png', 'text.png', 'many.dcm', 'more.dcm'], undefined, counting);
    expect(lines.map(({ image }) => image)).toEqual([
      ...[place('white.png'), place('text.png')],
      ...['many.dcm', 'more.dcm'].flatMap((name) =>
        Array.from({ length: 40 }, (_, i) => `${place(name)}#${i + 1}`),
      ),
    ]);
    // 82 lines, of which the second has no picture.
    const counts = lines.flatMap(({ scores }) => scores?.near ?? []);
    expect(counts).toEqual(
      [15, 16, 16, 16, 16, 2].flatMap((size) => Array.from({ length: size }, () => size)),
    );
  });

  it('reads a file once: what becomes of it meanwhile changes no heat map', async () => {
    const script = resolve(import.meta.dirname, '../../../packages/dataset/src/dicom/heat-map.testing.py');
    execFileSync(process.env.DDAD_TEST_PYTHON!, [script, 'source', place('frames.dcm'), 'enhanced', '20']);
    const screens = recordedScreens();
    // The first line is written when sixteen frames are scored.
    const out = { ...screens.out, write: () => rmSync(place('frames.dcm'), { force: true }) };
    const never = () => expect.fail('asked a cluster');
    const deps = {
      screens: { ...screens, out },
      methods: inventedMethods,
      result: never,
      store: never,
      cache: '',
    };
    const options = { pipeline: file, images: [place('frames.dcm')], dicom: place('of-frames') };
    const { images } = await scoreImages(deps, options);
    expect(images.map(({ dicom, fault }) => dicom?.far ?? fault)).toEqual(
      Array.from({ length: 20 }, (_, i) => place(`of-frames/frames.${i + 1}.far.dcm`)),
    );
  });
});

it('scores what can be read, names what cannot, and fails then', async () => {
  const { lines, failure } = await score(['text.png', 'grey.png', 'gone.png']);
  expect(lines.map(({ fault }) => fault ?? null)).toEqual([
    expect.stringMatching(
      /^expected a PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM or NIfTI image, got a file that starts with/,
    ),
    null,
    expect.stringMatching(/no such file/),
  ]);
  expect(failure).toMatchObject({ exitCode: 1, message: '2 of 3 images are at fault' });
  // What was found is told all the same.
  expect(failure!.document).toMatchObject({ images: lines, verdict: { images: 1, faults: 2 } });
});

it('scores the others beside a damaged file that keeps its reader from ending as it should', async () => {
  // Sequences of items without a length, each within the one before: (0010,1002) and (FFFE,E000).
  const begin = Buffer.from('1000021053510000fffffffffeff00e0ffffffff', 'hex');
  const deep = [Buffer.alloc(128), Buffer.from('DICM'), ...new Array<Buffer>(20_000).fill(begin)];
  await writeFile(place('deep.dcm'), Buffer.concat(deep));
  const { lines, failure } = await score(['deep.dcm', 'grey.png']);
  expect(lines[0].fault).toMatch(/^DICOM: expected at most 64 sequences within each other/);
  expect(lines[1].scores.fused).toBeDefined();
  expect(failure).toMatchObject({ message: '1 of 2 images is at fault' });
});

it.each([
  ['text.png', /text\.png: expected an ONNX file/],
  ['gone.onnx', /gone\.onnx: expected an ONNX file, found nothing/],
])('refuses %s as a pipeline', async (pipeline, message) => {
  const { failure } = await score(['grey.png'], undefined, place(pipeline));
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});

it('scores with files that were exported before there were methods', async () => {
  const recorded = '../../../packages/methods/ddad/onnx/facts-before-methods.testing.json';
  const old = JSON.parse(await readFile(resolve(import.meta.dirname, recorded), 'utf8'));
  const earlier = place('earlier.onnx');
  const names = ['first', ...Object.keys(old.scales).slice(0, 3)];
  await writeFile(earlier, inventedModel(old, inlineWeights, names));
  const { lines, failure } = await score(['white.png'], place('earlier'), earlier);
  expect(failure).toBeNull();
  expect(Object.keys(lines[0].scores)).toEqual(names);
  expect(Object.keys(lines[0].maps)).toEqual(names.slice(1));
  const [judged] = Object.keys(old.calibration.thresholds);
  expect(lines[0].abnormal).toEqual({ [String(judged)]: true });
});

it('refuses to write heat maps of a method that has none, before anything is read, and leaves nothing behind', async () => {
  const definitions = inventedResult().definitions!.map((one) => ({ ...one, map: false }));
  const bare = place('bare.onnx');
  await writeFile(bare, inventedModel({ ...facts, definitions }, inlineWeights));
  const wanted = [place('none/maps'), place('none/objects')] as const;
  const both = await score(['grey.png'], wanted[0], bare, wanted[1]);
  expect(both.failure).toMatchObject({
    exitCode: 2,
    message:
      `--out and --dicom: expected a run with heat maps, got ${bare} of method distillation, which has none: ` +
      'without --out and --dicom it gives its scores',
  });
  expect(both.lines).toEqual([]);
  expect((await score(['grey.png'], undefined, bare, wanted[1])).failure!.message).toMatch(
    /^--dicom: expected .*: without --dicom it gives/,
  );
  expect(await readdir(directory)).not.toContain('none');
  // What was there stays.
  await mkdir(place('kept-maps'));
  await score(['grey.png'], place('kept-maps/of/it'), bare);
  expect(await readdir(place('kept-maps'))).toEqual([]);
  const { lines, failure } = await score(['grey.png'], undefined, bare);
  expect(failure).toBeNull();
  expect(lines).toHaveLength(1);
  // Of a run it is known before its scorer is exported.
  const never = () => expect.fail('exported it');
  const result = async () => inventedResult({ definitions });
  const deps = { screens: recordedScreens(), methods: inventedMethods, result, store: never, cache: '' };
  await expect(scoreImages(deps, { pipeline: 'r', images: [], out: wanted[0] })).rejects.toThrow(
    /^--out: expected a run with heat maps, got r of method distillation/,
  );
});

describe('a run', () => {
  const run = inventedResult({ runId: 'run-1' });
  const cache = () => place('kept');

  /** Scores with a run whose method has this export. */
  async function scoreRun(onnx: ReturnType<typeof inventedExport>, result = run) {
    const screens = recordedScreens();
    const methods = new MethodRegistry([{ ...inventedEntry, onnx: async () => onnx }]);
    const store = memoryStore();
    const deps = { screens, methods, result: async () => result, store: async () => store, cache: cache() };
    await scoreImages(deps, { pipeline: 'ddad-small-1', images: [place('white.png')] });
    const [line = ''] = screens.out.text().split('\n');
    expect(JSON.parse(line).scores.fused).toBeCloseTo(0.5, 6);
    return screens.err.text();
  }

  it('is exported once, and again by another version of the exporter, or with another result', async () => {
    await mkdir(cache());
    // As the first versions kept it, and another run's.
    for (const name of ['run-1.onnx', 'run-1-0123456789abcdef.onnx.data', 'run-12.onnx'])
      await writeFile(join(cache(), name), 'old');
    const onnx = inventedExport();
    expect(await scoreRun(onnx)).toMatch(/^exporting ddad-small-1 to .*run-1-[0-9a-f]{16}\.onnx\n/);
    expect(await scoreRun(onnx)).not.toContain('exporting');
    expect(onnx.asked).toBe(1);
    const [first, other] = (await readdir(cache())).sort();
    const digest = exportDigest({ method: 1, mapScores: mapScoresVersion }, run);
    expect([first, other]).toEqual([`run-1-${digest}.onnx`, 'run-12.onnx']);

    const corrected = inventedExport({ version: 2 });
    await scoreRun(corrected);
    expect(corrected.asked).toBe(1);
    const [second] = (await readdir(cache())).sort();
    expect(second).not.toBe(first);
    expect(await readdir(cache())).toHaveLength(2);
    await scoreRun(corrected, { ...run, artifacts: { maps: 'a'.repeat(64) } });
    expect(corrected.asked).toBe(2);
  });

  it('of a method without an export is refused, and the methods that have one are named', async () => {
    const able = { ...inventedEntry.method, name: 'able', kinds: [] };
    const methods = new MethodRegistry([
      inventedEntry,
      { method: able, makers: inventedEntry.makers, onnx: async () => inventedExport() },
    ]);
    const screens = recordedScreens();
    const never = () => expect.fail('asked the store');
    const deps = { screens, methods, result: async () => run, store: never, cache: cache() };
    await expect(scoreImages(deps, { pipeline: 'r', images: [] })).rejects.toMatchObject({
      exitCode: 1,
      message: 'method distillation has no export to ONNX; methods that have one: able',
    });
  });
});

describe('of directories', () => {
  const folder = () => place('study');
  beforeAll(async () => {
    await mkdir(join(folder(), 'series'), { recursive: true });
    await mkdir(place('empty'));
    await cp(place('white.png'), join(folder(), 'series/white.png'));
    await cp(place('grey.png'), join(folder(), 'grey.png'));
    await writeFile(join(folder(), 'notes.txt'), 'no image');
  });

  /** Scores with a file that has a main score, with or without a threshold for it. */
  async function scoreWith(
    thresholds: Record<string, number> | null,
    options: object = {},
    changes: Partial<PipelineFacts> = {},
  ) {
    const screens = recordedScreens();
    const calibrated = { ...facts.calibration!, thresholds };
    const own = place('own.onnx');
    await writeFile(own, inventedModel({ ...facts, calibration: calibrated, ...changes }, inlineWeights));
    const never = () => expect.fail('asked a cluster');
    const deps = { screens, methods: inventedMethods, result: never, store: never, cache: place('cache') };
    const document = await scoreImages(deps, { pipeline: own, images: [folder()], ...options });
    return { document, out: screens.out.text(), err: screens.err.text() };
  }

  it('takes all images at any depth, and judges them together by the main score', async () => {
    // `fused` is 0.5 of every image.
    const { document, err } = await scoreWith({ fused: 0.25 });
    const images = [join(folder(), 'grey.png'), join(folder(), 'series/white.png')];
    expect(document.images.map(({ image }) => image)).toEqual(images);
    expect(document.verdict).toEqual({
      ...{ mainScore: 'fused', score: 'fused', threshold: 0.25, images: 2, abnormal: 2, faults: 0 },
      highest: { image: images[0], score: expect.closeTo(0.5, 6) },
    });
    expect(err).toBe(
      `${folder()}: passed over 1 file: by name no image\n` +
        `2 of 2 images abnormal by fused (above 0.2500); highest 0.5000: ${images[0]}\n`,
    );
    const without = await scoreWith(null);
    expect(without.document.verdict).toMatchObject({ score: 'fused', threshold: null, abnormal: null });
    expect(without.err).toMatch(/2 images by fused; no verdict: .*; highest 0\.5000: /);
  });

  describe('of a run whose main score the file does not give', () => {
    const slopes: ScoreDefinition = { ...definitions[2]!, name: 'slopes', rank: 9 };
    const all = withReductions([...definitions, slopes]);
    const told =
      "the run's main score slopesTop is not in the file: judged by fused; 2 of 2 images abnormal by";

    it('says so, and judges by the one that ranks next', async () => {
      const lacking = { definitions: all, leftOut: ['slopes'] };
      const { document, err, out } = await scoreWith({ fused: 0.25 }, { csv: true }, lacking);
      expect(document.verdict).toMatchObject({ mainScore: 'slopesTop', score: 'fused', abnormal: 2 });
      expect(err).toContain(told);
      expect(out.split('\n')[1]).toMatch(/grey\.png,abnormal,fused,/);
    });

    it('says so of a file from before it told what it leaves out, by the held-out images of the run', async () => {
      const { thresholds: _, ...calibration } = facts.calibration!;
      const before = {
        ...calibration,
        thresholds: { fused: 0.25 },
        heldOut: { slopesTop: [1], fused: [0.2] },
      };
      const { err } = await scoreWith(null, {}, { definitions: all, calibration: before });
      expect(err).toContain(told);
    });

    it('says nothing where the file gives the main score, by the method or by the headline', async () => {
      // A run without `slopes`: definitions may name what a run does not give.
      const usual = await scoreWith({ fused: 0.25 }, {}, { definitions: all });
      expect(usual.document.verdict).toMatchObject({ mainScore: 'fused', score: 'fused' });
      const headline = { definitions: withHeadline(all, 'far'), leftOut: ['slopes'] };
      const chosen = await scoreWith({ far: 0.5 }, {}, headline);
      expect(chosen.document.verdict).toMatchObject({ mainScore: 'far', score: 'far', abnormal: 1 });
      expect(usual.err + chosen.err).not.toContain('not in the file');
    });
  });

  it('gives CSV lines with verdict, scores and p-values', async () => {
    const { out } = await scoreWith({ fused: 0.75, far: 0.2 }, { csv: true });
    const [header, grey, white] = out
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const columns = ['image', 'verdict', 'judged_by', 'near', 'far', 'zero', 'fused', 'p_far', 'fault'];
    expect(header).toEqual(columns);
    expect(grey!.slice(0, 3)).toEqual([join(folder(), 'grey.png'), 'normal', 'fused']);
    expect(Number(white![4])).toBeCloseTo(1, 6);
    expect(white!.slice(7)).toEqual(['0.25', '']);
  });

  it('refuses a directory without images', async () => {
    await expect(scoreWith(null, { images: [place('empty')] })).rejects.toMatchObject({
      exitCode: 2,
      message: `${place('empty')}: expected a directory with images, found no files`,
    });
  });
});
