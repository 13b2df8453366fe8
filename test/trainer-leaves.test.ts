import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { artifactKey } from '@ddad/contract';
import { imagesDigest, packDataset } from '@ddad/dataset';
import { environmentOf } from '@ddad/platform';
import { connectWorker, streamJob } from '@ddad/rpc';
import { createS3Store, listCheckpoints, putDataset } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRequest } from './make-request.ts';
import { bareEnvironment, startTestServers, type TestServers } from './servers/index.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';

const trainerMain = resolve(import.meta.dirname, '../services/trainer/src/main.ts');

let servers: TestServers;
let dataset: SmallDataset;
let scratch: string;

beforeAll(async () => {
  [servers, dataset] = await Promise.all([startTestServers(), smallDataset()]);
  scratch = await mkdtemp(join(tmpdir(), 'ddad-trainer-leaves-'));
});
afterAll(async () => {
  await servers?.stop();
  await dataset?.remove();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

/** Processes that a process has started and that still run. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

test('SIGTERM to a trainer that trains: it stores a checkpoint, hands the job back and exits with 0 within 30 s', async () => {
  const store = createS3Store(servers.s3);
  const found = await packDataset(dataset.directory, {});
  if ('faults' in found) throw new Error(JSON.stringify(found.faults));
  await putDataset(store, { name: 'small', ...found });
  const { index, pixels, digest } = found;
  const member = {
    recipe: 2,
    backbone: 'ae',
    role: 'ndm',
    seed: 1,
    epochs: 10_000,
    batchSize: 16,
    learningRate: 5e-4,
    imagesDigest: imagesDigest(pixels, index.imageSize, index.train),
    imageSize: 64,
  };
  const key = artifactKey(member);

  const settings = { TRAINER_ID: 'leaving', SCRATCH_DIR: scratch };
  const trainer = spawn(process.execPath, [trainerMain], {
    env: { ...bareEnvironment(), ...environmentOf('trainer', servers.env), ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(trainer, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  try {
    const address = await new Promise<string>((ready, failed) => {
      trainer.once('exit', (code) => failed(new Error(`the trainer ended with ${code}`)));
      createInterface({ input: trainer.stdout }).on('line', (text) => {
        const { msg, address } = JSON.parse(text) as { msg: string; address?: string };
        if (msg === 'trainer ready') ready(String(address));
      });
    });
    const client = await connectWorker(address, servers.access);
    let children: number[] = [];
    let since = 0;
    const train = async () => {
      const place = { attempt: 1, datasetDigest: digest, images: index.train };
      const call = client.make(makeRequest('members', member, place));
      for await (const step of streamJob(call)) {
        if (step.$case !== 'progress' || since > 0) continue;
        children = childrenOf(trainer.pid!);
        since = performance.now();
        trainer.kill('SIGTERM');
      }
    };
    await expect(train()).rejects.toMatchObject({ kind: 'leaving' });
    client.close();
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - since).toBeLessThan(30_000);
    expect(children.length).toBeGreaterThanOrEqual(1);
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    const [checkpoint] = await listCheckpoints(store, 'members', key);
    // An epoch at least: 48 images in batches of 16.
    expect(checkpoint?.done).toBeGreaterThanOrEqual(3);
  } finally {
    trainer.kill('SIGKILL');
    await ended;
  }
}, 240_000);
