/**
 * What planning runs of a large dataset takes: time, and the most memory that the process ever held (RSS). 100,000 images of
 * 128×128, random bytes, 1.6 GB, in a MinIO of its own; the process that plans has what the coordinator plans with, and no
 * Temporal beside it.
 *
 *     node bench/planning-memory.ts [IMAGES [SIDE]]
 */
import { fork } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, type DatasetIndex, type DatasetRecord, datasetKeys } from '@ddad/contract';
import { createS3Store, DatasetCache, type S3Config } from '@ddad/storage';
import { startMinio } from '@ddad/storage/testing';
import { planRun } from '../services/coordinator/src/activities/plan.ts';
import { DatasetCatalog } from '../services/coordinator/src/dataset-catalog.ts';

const [images = 100_000, imageSize = 128] = process.argv.slice(2).map(Number);
const MiB = 2 ** 20;

/** Runs that differ in which images they choose. */
const runs = [
  {},
  { unlabeled: 10_000, anomalousRate: 0.1 },
  { unlabeled: 10_000, anomalousRate: 0.3 },
  { calibration: 0.1 },
];

interface Work {
  config: S3Config;
  scratch: string;
}

function indexOf(count: number): DatasetIndex {
  const all = Array.from({ length: count }, (_, position) => position);
  const part = (from: number, to: number) => all.slice(from * count, to * count);
  return {
    format: 1,
    imageSize,
    images: all.map((position) => `site-${position % 7}/patient-${position >> 3}/slice-${position}.dcm`),
    train: part(0, 0.4),
    unlabeled: { labels: 'known', normal: part(0.4, 0.6), abnormal: part(0.6, 0.7) },
    test: { labels: 'known', normal: part(0.7, 0.85), abnormal: part(0.85, 1) },
    validation: [],
    copies: [],
    synthetic: true,
  };
}

async function putLargeDataset({ config, scratch }: Work): Promise<void> {
  const store = createS3Store({ ...config, deadlineMs: 600_000 });
  const index = indexOf(images);
  const path = join(scratch, 'pixels');
  const hash = createHash('sha256').update(canonicalJson(index)).update('\n');
  const file = await open(path, 'w');
  const block = Buffer.alloc(500 * imageSize ** 2);
  for (let written = 0; written < images; written += 500) {
    const bytes = randomFillSync(block).subarray(0, Math.min(500, images - written) * imageSize ** 2);
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  const digest = hash.digest('hex');
  await store.putFile(datasetKeys.pixels(digest), path);
  await rm(path);
  await store.put(datasetKeys.index(digest), JSON.stringify(index));
  const record: DatasetRecord = {
    name: 'large',
    digest,
    packings: [{ imageSize, digest }],
    addedAt: new Date().toISOString(),
    counts: { train: index.train.length, unlabeled: 0, test: 0, validation: 0, copies: 0 },
    synthetic: true,
  };
  await store.put(datasetKeys.record('large'), JSON.stringify(record));
}

async function plan({ config, scratch }: Work): Promise<void> {
  const store = createS3Store({ ...config, deadlineMs: 600_000 });
  const catalog = new DatasetCatalog(store, new DatasetCache(store, join(scratch, 'datasets')));
  const deps = { store, catalog, searchAttributes: false, heartbeatTimeoutMs: 1000, onDamage: () => {} };
  const heldMiB = () => Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`before: ${heldMiB()} MiB`);
  for (const run of runs) {
    const began = performance.now();
    const { members } = await planRun(
      { ...deps, presentTrainers: () => [], now: Date.now },
      { dataset: 'large', imageSize, ...run },
    );
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${JSON.stringify(run)}: ${members.length} members planned in ${seconds.toFixed(1)} s, ` +
        `at most ${heldMiB()} MiB resident`,
    );
  }
}

if (process.send !== undefined) {
  const [work] = (await once(process, 'message')) as [Work];
  await plan(work);
  process.disconnect();
} else {
  const scratch = await mkdtemp(join(tmpdir(), 'ddad-planning-'));
  const minio = await startMinio();
  try {
    await putLargeDataset({ config: minio.config, scratch });
    const bytes = images * imageSize ** 2;
    console.log(`${images} images of ${imageSize}×${imageSize}: ${(bytes / MiB).toFixed(0)} MiB`);
    const child = fork(import.meta.filename, process.argv.slice(2));
    child.send({ config: minio.config, scratch } satisfies Work);
    await once(child, 'exit');
  } finally {
    await minio.close();
    await rm(scratch, { recursive: true });
  }
}
