import { artifactKey, seedOf } from '@ddad/contract';
import { imagesDigest, packDataset } from '@ddad/dataset';
import { type MemberSpec, memberKind, recipes } from '@ddad/methods/ddad/kinds';
import { connectWorker, JobError, type JobStep, streamJob } from '@ddad/rpc';
import {
  createS3Store,
  ensureBucket,
  latestCheckpoint,
  type ObjectStore,
  putDataset,
  readManifest,
} from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRequest } from './make-request.ts';
import { startService, startTestServers, type TestServers, type TestService } from './servers/index.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';

let servers: TestServers;
let dataset: SmallDataset;
let packed: { digest: string; train: number[]; imagesDigest: string };
const trainers: TestService[] = [];

/** A store of its own, so that nothing finished elsewhere is found, with the dataset in it. */
async function freshStore(bucket: string): Promise<ObjectStore> {
  const config = { ...servers.s3, bucket };
  await ensureBucket(config);
  const store = createS3Store(config);
  const found = await packDataset(dataset.directory, {});
  if ('faults' in found) throw new Error(JSON.stringify(found.faults));
  await putDataset(store, { name: 'small', ...found });
  const { index, pixels, digest } = found;
  packed = { digest, train: index.train, imagesDigest: imagesDigest(pixels, index.imageSize, index.train) };
  return store;
}

async function trainer(bucket: string, id: string, more: Record<string, string> = {}): Promise<TestService> {
  const env = { ...servers.env, S3_BUCKET: bucket, TRAINER_ID: id, ...more };
  const started = await startService('trainer', env);
  trainers.push(started);
  return started;
}

function spec(index: number, epochs: number): MemberSpec {
  return {
    recipe: recipes.member.ae,
    backbone: 'ae',
    role: 'ndm',
    seed: seedOf(0, 'ndm', index),
    epochs,
    batchSize: 16,
    learningRate: 5e-4,
    imagesDigest: packed.imagesDigest,
    imageSize: 64,
  };
}

let attempt = 0;

/** Trains a member on one trainer; `onStep` sees every event. @returns its key */
async function train(
  on: TestService,
  member: MemberSpec,
  onStep: (step: JobStep) => void = () => {},
): Promise<string> {
  const key = artifactKey(member);
  const client = await connectWorker(on.address ?? '', servers.access);
  try {
    attempt += 1;
    const place = { attempt, datasetDigest: packed.digest, images: packed.train };
    const call = client.make(makeRequest(memberKind.kind, member, place));
    for await (const step of streamJob(call)) onStep(step);
    return key;
  } finally {
    client.close();
  }
}

async function weights(store: ObjectStore, key: string): Promise<string | undefined> {
  return (await readManifest(store, 'members', key))?.files.weights?.sha256;
}

beforeAll(async () => {
  [servers, dataset] = await Promise.all([startTestServers(), smallDataset()]);
});
afterAll(async () => {
  await Promise.all(trainers.map((service) => service.stop()));
  await servers?.stop();
  await dataset?.remove();
});

test('the same key gives the same bytes, also beside another training on one trainer, with several steps a call and after a hand-over in the middle; another seed gives others', async () => {
  const [calm, busy] = await Promise.all([freshStore('calm'), freshStore('busy')]);
  const epochs = 12;
  const quiet = await trainer('calm', 'calm-1');
  const key = await train(quiet, spec(0, epochs));
  const undisturbed = await weights(calm, key);
  expect(undisturbed).toMatch(/^[0-9a-f]{64}$/);

  const both = await trainer('busy', 'both', { TRAINER_SLOTS: '2', STEPS_A_CALL: '4' });
  const [again, other] = await Promise.all([train(both, spec(0, epochs)), train(both, spec(1, epochs))]);
  expect(again).toBe(key);
  expect(await weights(busy, again)).toBe(undisturbed);
  expect(await weights(busy, other)).not.toBe(undisturbed);

  // SIGTERM in the middle: the trainer checkpoints and hands the job back, another one goes on.
  const handedOver = await freshStore('handed-over');
  const leaving = await trainer('handed-over', 'leaving');
  let stopped: Promise<boolean> | undefined;
  const broken = await train(leaving, spec(0, epochs), (step) => {
    if (step.$case === 'progress' && step.value.done >= 2) stopped ??= leaving.stop('SIGTERM');
  }).catch((error: unknown) => error);
  expect(broken).toBeInstanceOf(JobError);
  expect(broken).toMatchObject({ kind: 'leaving' });
  expect(await stopped).toBe(true);
  const checkpoint = await latestCheckpoint(handedOver, 'members', key);
  // 48 images in batches of 16 are 3 steps an epoch, 36 in all.
  expect(checkpoint?.done).toBeGreaterThanOrEqual(6);
  expect(checkpoint?.done).toBeLessThan(36);
  await train(await trainer('handed-over', 'next', { STEPS_A_CALL: '5' }), spec(0, epochs));
  expect(await weights(handedOver, key)).toBe(undisturbed);
  expect(await latestCheckpoint(handedOver, 'members', key)).toBeNull();
}, 240_000);

test('a busy trainer refuses a second member, and a wrong specification is refused with every fault', async () => {
  await freshStore('refusals');
  const only = await trainer('refusals', 'only');
  const client = await connectWorker(only.address ?? '', servers.access);
  let second: unknown;
  const member = spec(3, 400);
  const stop = new AbortController();
  const first = train(only, member, (step) => {
    if (step.$case !== 'accepted') return;
    void train(only, spec(4, 1)).catch((error: unknown) => {
      second = error;
      stop.abort();
    });
  }).catch((error: unknown) => error);
  await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  expect(second).toMatchObject({ kind: 'busy' });
  const answer = await new Promise((resolve, reject) =>
    client.stop({ job: { key: artifactKey(member), attempt: attempt + 1 } }, (error, value) =>
      error ? reject(error) : resolve(value),
    ),
  );
  expect(answer).toEqual({ wasRunning: true });
  expect(await first).toMatchObject({ kind: 'stopped' });

  const wrong = { ...spec(0, 1), backbone: 'resnet' as 'ae', batchSize: 1 };
  const refusal = await train(only, wrong).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ kind: 'invalid' });
  expect((refusal as Error).message).toMatch(/spec\.backbone: .*, got "resnet"/);
  expect((refusal as Error).message).toMatch(/spec\.batchSize: .*>=2, got 1/);
  client.close();
}, 120_000);
