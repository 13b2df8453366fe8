/**
 * AUC of a refiner over its epochs, on the test images: for looking only, never for choosing an epoch.
 *
 *     node bench/refiner-curve.ts collect DIRECTORY     while a run refines: keeps every checkpoint that is published
 *     node bench/refiner-curve.ts evaluate DIRECTORY RUN_ID [EVERY_EPOCHS]   afterwards: a line of JSON a checkpoint
 *
 * Run inside of a checkout whose local cluster is up, or with its `DDAD_HOME`.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { auc, averagePrecision } from '@ddad/anomaly';
import { inferenceStep, tf } from '@ddad/compute';
import type { RunResult } from '@ddad/contract';
import { testImages } from '@ddad/dataset';
import { asrNet } from '@ddad/models';
import {
  decodeSafetensors,
  fetchFile,
  type ObjectStore,
  readDatasetIndex,
  readDatasetRecord,
  readManifest,
} from '@ddad/storage';
import { openLocalStore } from './local-store.ts';

const batchSize = 16;

/** Keeps checkpoints as `KEY-STEPS.safetensors` until none has come for ten minutes. */
async function collect(store: ObjectStore, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (let idle = 0; idle < 120; idle++) {
    for (const { key } of await store.list('checkpoints/refiners/')) {
      const [, , refiner, name] = key.split('/');
      const steps = Number(/^\d+-(\d+)-[0-9a-f]{64}\.safetensors$/.exec(name ?? '')?.[1]);
      if (!Number.isFinite(steps)) continue;
      const path = join(directory, `${refiner}-${steps}.safetensors`);
      if (existsSync(path)) continue;
      // Gone again where a newer one was faster.
      await store.getToFile(key, path).then(
        () => {
          idle = 0;
        },
        () => {},
      );
    }
    await setTimeout(5000);
  }
}

async function evaluate(
  store: ObjectStore,
  directory: string,
  runId: string,
  everyEpochs: number,
): Promise<void> {
  const result = JSON.parse((await store.get(`reports/${runId}/report.json`)).toString()) as RunResult;
  const record = await readDatasetRecord(store, result.dataset);
  if (record === null || result.artifacts.maps === null) throw new Error('expected a run with test images');
  const index = await readDatasetIndex(store, record.digest);
  const { labels } = testImages(index);
  if (labels === null) throw new Error('expected test images with labels');
  const manifest = await readManifest(store, 'maps', result.artifacts.maps!);
  if (manifest === null) throw new Error('expected published maps');
  const mapsFile = join(directory, 'maps.bin');
  await fetchFile(store, manifest, 'maps', mapsFile);
  const { tensors: maps } = decodeSafetensors(await readFile(mapsFile));
  const side = index.imageSize;
  const area = side * side;
  for (const [input, key] of [
    ['rDual', result.artifacts.rDual],
    ['rIntra', result.artifacts.rIntra],
  ] as const) {
    if (key === null) continue;
    const names = input === 'rDual' ? ['aIntra', 'aInter'] : ['aIntra'];
    const channels = names.map((name) => maps.get(name)?.data ?? new Float32Array());
    const network = asrNet({ inputs: input === 'rDual' ? 2 : 1 });
    const stepsPerEpoch = Math.floor(index.train.length / 8);
    const files = (await readdir(directory))
      .flatMap((name) => {
        const match = name.startsWith(`${key}-`) ? /-(\d+)\.safetensors$/.exec(name) : null;
        return match === null ? [] : [{ name, epoch: Number(match[1]) / stepsPerEpoch }];
      })
      .sort((a, b) => a.epoch - b.epoch);
    let next = 0;
    for (const { name, epoch } of files) {
      if (epoch < next) continue;
      next = epoch + everyEpochs;
      const { tensors } = decodeSafetensors(await readFile(join(directory, name)));
      const weights = new Map([...tensors].filter(([tensor]) => !tensor.startsWith('adam.')));
      const step = inferenceStep({
        weights,
        inputs: { maps: [batchSize, side, side, channels.length] },
        compute: (all, { maps: batch }) => ({
          scores: tf.mean(network.anomalyProbability(all, all, batch!), [1, 2, 3]),
        }),
        mode: 'graph',
      });
      const scores: number[] = [];
      const batch = new Float32Array(batchSize * area * channels.length);
      for (let start = 0; start < labels.length; start += batchSize) {
        const count = Math.min(batchSize, labels.length - start);
        batch.fill(0);
        channels.forEach((map, channel) => {
          for (let i = 0; i < count * area; i++)
            batch[i * channels.length + channel] = map[start * area + i]!;
        });
        scores.push(...step.run({ maps: batch }).scores!.subarray(0, count));
      }
      step.dispose();
      console.log(
        JSON.stringify({
          input,
          epoch: Number(epoch.toFixed(2)),
          auc: auc(scores, labels),
          ap: averagePrecision(scores, labels),
        }),
      );
    }
  }
}

const [command, directory, runId, every] = process.argv.slice(2);
if (command === 'collect' && directory !== undefined) await collect(openLocalStore(), directory);
else if (command === 'evaluate' && runId !== undefined)
  await evaluate(openLocalStore(), directory!, runId, Number(every ?? 5));
else throw new Error('expected: collect DIRECTORY, or evaluate DIRECTORY RUN_ID [EVERY_EPOCHS]');
