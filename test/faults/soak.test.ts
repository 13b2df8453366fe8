import { readdirSync } from 'node:fs';
import { taskQueue, workflowType } from '@ddad/contract';
import { findLeftOvers, removeLeftOvers } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestService } from '../servers/index.ts';
import { slowMethod } from '../slow-method/method.ts';
import { type SmallDataset, smallDataset } from '../small-dataset.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';
import { inspectable, settledMemory } from './settled-memory.ts';

const runs = Number(process.env.RUNS || 200);
/** By then everything is loaded, and every cache is warm. */
const warm = 20;
/** Runs that go on at the same time. */
const atOnce = 2;
/** How much more there may be after the last run than after `warm` runs. */
const growth = 1.1;

let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([
    startTestCluster({ env: { METHODS: slowMethod, ...inspectable } }),
    smallDataset(),
  ]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

interface Figures {
  /** Resident memory without garbage, in MB. */
  memory: number;
  descriptors: number;
}

async function figuresOf(service: TestService): Promise<Figures> {
  return {
    memory: await settledMemory(service),
    descriptors: readdirSync(`/proc/${service.pid}/fd`).length,
  };
}

async function services(): Promise<Record<string, Figures>> {
  const { coordinator, scorer, trainers } = cluster;
  const all = { coordinator, scorer, 'trainer one': trainers[0]!, 'trainer two': trainers[1]! };
  const figures: Record<string, Figures> = {};
  for (const [name, service] of Object.entries(all)) figures[name] = await figuresOf(service);
  return figures;
}

/** Each with its own seed, so that it makes everything. Its report goes as soon as it is there, as of somebody who tidies up. */
async function run(number: number): Promise<void> {
  const handle = await cluster.temporal.workflow.start(workflowType, {
    taskQueue,
    workflowId: `soak-${number}`,
    args: [{ dataset: 'small', method: 'slow', seed: number, epochs: 2, restMs: 0, scoreRestMs: 0 }],
  });
  const { runId } = (await handle.result()) as { runId: string };
  await cluster.store.remove((await cluster.store.list(`reports/${runId}/`)).map(({ key }) => key));
}

/** Everything in the store, after what nobody needs was removed, which is all that runs made. */
async function objects(): Promise<number> {
  const later = { ...cluster.store, now: async () => new Date(Date.now() + 8 * 24 * 3600 * 1000) };
  const options = {
    claims: async () => ({
      underWay: new Set<string>(),
      unknown: [],
      named: new Set<string>(),
      packings: null,
    }),
  };
  await removeLeftOvers(later, await findLeftOvers(later, options), options);
  return (await cluster.store.list('')).length;
}

test(`memory, descriptors and objects after ${runs} small runs are what they were after ${warm}`, async () => {
  let before: { services: Record<string, Figures>; objects: number } | null = null;
  for (let done = 0; done < runs; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, i) => run(done + i)));
    if ((done + atOnce) % 20 !== 0) continue;
    console.log(`after ${done + atOnce} runs:`, JSON.stringify(await services()));
    if (done + atOnce === warm) before = { services: await services(), objects: await objects() };
  }
  const after = { services: await services(), objects: await objects() };
  expect(after.objects).toBeLessThanOrEqual(before!.objects * growth);
  for (const [name, { memory, descriptors }] of Object.entries(after.services)) {
    const first = before!.services[name]!;
    expect(memory, `memory of ${name}`).toBeLessThan(first.memory * growth);
    expect(descriptors, `descriptors of ${name}`).toBeLessThanOrEqual(Math.ceil(first.descriptors * growth));
  }
}, 7_200_000);
