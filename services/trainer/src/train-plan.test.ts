import { backbones, recipes } from '@ddad/contract';
import type { DatasetCache } from '@ddad/jobs';
import { JobError, type MemberSpec, TrainRequest } from '@ddad/rpc';
import { artifactKey } from '@ddad/storage';
import { expect, test } from 'vitest';
import { trainPlan } from './train-plan.ts';

const digest = 'a'.repeat(64);
const member: MemberSpec = {
  recipe: recipes.member,
  backbone: 'ae',
  role: 'udm',
  seed: 2 ** 48 - 1,
  epochs: 250,
  batchSize: 4,
  learningRate: 5e-4,
  imagesDigest: digest,
  imageSize: 64,
};

/** As it comes off the wire. */
function request(change: Partial<MemberSpec> = {}, others: Partial<TrainRequest> = {}): TrainRequest {
  const spec = { ...member, ...change };
  const key = [spec.learningRate, spec.dropout ?? 0].every(Number.isFinite) ? artifactKey(spec) : digest;
  const whole = TrainRequest.create({
    job: { key, attempt: 1 },
    datasetDigest: digest,
    images: [3, 1, 0, 2],
    member: spec,
    ...others,
  });
  return TrainRequest.decode(TrainRequest.encode(whole).finish());
}

const cache = { pixels: async (of: string) => `/scratch/${of}.u8` } as DatasetCache;

function faults(of: TrainRequest): string[] {
  try {
    trainPlan(of, { cache, threads: 1 });
  } catch (error) {
    if (error instanceof JobError && error.kind === 'invalid') return error.message.split('; ');
    throw error;
  }
  return [];
}

test('turns a request into the task of a training process', async () => {
  const plan = trainPlan(request(), { cache, threads: 2, stepsACall: 4 });
  // Neither threads nor steps a call have a part in the key.
  expect(plan).toMatchObject({ kind: 'members', key: artifactKey(member), spec: member });
  expect(await plan.prepare('/scratch/job', '/scratch/job/resume')).toEqual({
    spec: member,
    pixels: `/scratch/${digest}.u8`,
    images: [3, 1, 0, 2],
    directory: '/scratch/job',
    checkpoint: '/scratch/job/resume',
    threads: 2,
    stepsACall: 4,
  });
});

test('hands on the rate of dropout, where there is one', async () => {
  expect(trainPlan(request({ dropout: 0.1 }), { cache, threads: 1 }).spec).toEqual({
    ...member,
    dropout: 0.1,
  });
  expect(Object.keys(trainPlan(request(), { cache, threads: 1 }).spec)).not.toContain('dropout');
});

test.each([0, 0.91, -0.1, Number.NaN])('refuses dropout at a rate of %f', (dropout) => {
  expect(faults(request({ dropout }))).toEqual([
    `dropout: expected more than 0 and at most 0.9, got ${dropout}`,
  ]);
});

test('lists every fault of a request', () => {
  const wrong = request(
    {
      recipe: recipes.member + 1,
      backbone: 'resnet',
      role: 'teacher',
      seed: 2 ** 48,
      epochs: 0,
      batchSize: 1,
      learningRate: 0,
      imagesDigest: 'A'.repeat(64),
      imageSize: 96,
    },
    { job: { key: digest, attempt: 1 }, datasetDigest: '../../etc/passwd', images: [] },
  );
  expect(faults(wrong)).toEqual([
    `recipe: expected this trainer's, ${recipes.member}, got ${recipes.member + 1}`,
    `backbone: expected ${backbones.join(', ')}, got "resnet"`,
    'role: expected ndm or udm, got "teacher"',
    'seed: expected less than 2^48, got 281474976710656',
    'epochs: expected at least 1, got 0',
    'batch size: expected at least 2, got 1',
    'images: expected at least a batch of 1, got 0',
    'learning rate: expected more than 0 and at most 1, got 0',
    'image size: expected 64, 128, got 96',
    `images digest: expected 64 hexadecimal digits, got "${'A'.repeat(64)}"`,
    'dataset digest: expected 64 hexadecimal digits, got "../../etc/passwd"',
    expect.stringMatching(/^key: expected the specification's own, [0-9a-f]{64}, got "a{64}"$/),
  ]);
});

test('tells the precision where it is not the default, in the key too', () => {
  const plan = trainPlan(request({ precision: 'bfloat16' }), { cache, threads: 1 });
  expect(plan.spec).toEqual({ ...member, precision: 'bfloat16' });
  expect(plan.key).not.toBe(artifactKey(member));
  expect(faults(request({ precision: 'float32' }))).toEqual([
    'precision: expected "bfloat16" or none, got "float32"',
    expect.stringMatching(/^key: expected the specification's own/),
  ]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('refuses a learning rate of %f', (learningRate) => {
  expect(faults(request({ learningRate }))).toEqual([
    `learning rate: expected more than 0 and at most 1, got ${learningRate}`,
  ]);
});

test('refuses fewer images than a batch, and a request without header or specification', () => {
  expect(faults(request({}, { images: [0, 1, 2] }))).toEqual([
    'images: expected at least a batch of 4, got 3',
  ]);
  const missing = ['expected a job header and a member specification'];
  expect(faults(TrainRequest.create({ job: { key: digest, attempt: 1 } }))).toEqual(missing);
  expect(faults(TrainRequest.create({ member }))).toEqual(missing);
});
