import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ReportFacts, RunResult } from '@ddad/contract';
import { testImages } from '@ddad/dataset';
import { pickImages } from '@ddad/dataset/packed-pixels';
import type { ReportData } from '@ddad/report';
import {
  type ArtifactKind,
  fetchFile,
  type Manifest,
  type ObjectStore,
  readDatasetIndex,
  readDatasetPixels,
} from '@ddad/storage';
import { copiesInTraining } from './copies-in-training.ts';
import { finishedManifest } from './finished-manifest.ts';
import type { PageWork } from './page-worker.ts';
import { readTestScores, scoresByName } from './test-scores.ts';

/** Seconds are usual. */
const limitMs = 300_000;

/**
 * Writes a run's page, `result.files.page`, into the store: one HTML file that needs nothing else. It is built in a worker
 * thread, so that the server goes on answering.
 * @param result what `writeReport` found
 * @throws where an artifact of the run is not finished, or the page cannot be built in five minutes
 */
export async function writePage(store: ObjectStore, facts: ReportFacts, result: RunResult): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-page-'));
  try {
    const manifests = await readManifests(store, facts);
    const data: PageWork['data'] = {
      result,
      input: facts.input,
      datasetDigest: facts.datasetDigest,
      ...manifests,
      test: await testImageFacts(store, directory, facts),
    };
    const maps: PageWork['maps'] = {};
    const { others } = manifests;
    for (const name of ['maps', 'refined rIntra', 'refined rDual'] as const) {
      const manifest = others[name];
      if (manifest === undefined) continue;
      const path = join(directory, `${name.replace(' ', '-')}.safetensors`);
      await fetchFile(store, manifest, 'maps', path);
      maps[name] = path;
    }
    const output = join(directory, 'report.html');
    await build({ data, maps, output });
    await store.putFile(result.files.page, output);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface RunManifests extends Pick<ReportData, 'members' | 'refiners' | 'others'> {
  others: Partial<Record<'maps' | 'refined rIntra' | 'refined rDual', Manifest>>;
}

async function readManifests(store: ObjectStore, facts: ReportFacts): Promise<RunManifests> {
  const read = async (kind: ArtifactKind, key: string | null) =>
    key === null ? undefined : await finishedManifest(store, kind, key);
  const present = <K extends string>(entries: readonly (readonly [K, Manifest | undefined])[]) =>
    Object.fromEntries(entries.filter(([, manifest]) => manifest !== undefined)) as Partial<
      Record<K, Manifest>
    >;
  const { artifacts, refined } = facts;
  return {
    members: await Promise.all(facts.members.map(({ key }) => finishedManifest(store, 'members', key))),
    refiners: present([
      ['rIntra', await read('refiners', artifacts.rIntra)],
      ['rDual', await read('refiners', artifacts.rDual)],
    ]),
    others: present([
      ['maps', await read('maps', artifacts.maps)],
      ['refined rIntra', await read('refined', refined.rIntra)],
      ['refined rDual', await read('refined', refined.rDual)],
    ]),
  };
}

async function testImageFacts(
  store: ObjectStore,
  directory: string,
  facts: ReportFacts,
): Promise<PageWork['data']['test']> {
  const scores = await readTestScores(store, directory, facts);
  if (scores === null) return null;
  const index = await readDatasetIndex(store, facts.datasetDigest);
  const { images, labels } = testImages(index);
  const copies = copiesInTraining(index, facts);
  const side = index.imageSize;
  return {
    labels,
    copies: images.map((_position, i) => copies.has(i)),
    scores: scoresByName(scores),
    side,
    pixels: pickImages(await readDatasetPixels(store, facts.datasetDigest), side, images),
  };
}

async function build(work: PageWork): Promise<void> {
  const worker = new Worker(new URL('./page-worker.ts', import.meta.url), {
    workerData: work,
    // It reads files and computes; nothing of the service's configuration concerns it.
    env: {},
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`the page: not built in ${limitMs / 1000} s`)), limitMs);
      worker.once('error', reject);
      worker.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`the page: its thread ended with code ${code}`));
      });
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
