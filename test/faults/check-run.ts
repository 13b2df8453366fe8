import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult } from '@ddad/contract';
import { noAudit, workflowBundle } from '@ddad/coordinator';
import { readManifest } from '@ddad/storage';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { type FaultCluster, trainers } from './fault-cluster.ts';
import type { DisturbedRun } from './fault-run.ts';

/** SHA-256 of the files of all that a run made, by `KIND/KEY/NAME`. */
export type Digests = Record<string, string>;

/** Longer than a job that nobody follows any more may go on: 30 s, and the time to stop it. */
const idleLimitMs = 60_000;
const readyLimitMs = 60_000;
/** Of a run with four members; an undisturbed one has about 100. */
const eventBudget = 1000;
/** WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW */
const resetCause = 20;

/** Digests of what lies in the store, of the bytes themselves and not of what manifests say. */
export async function digestsOf({ store }: FaultCluster, result: RunResult): Promise<Digests> {
  const digests: Digests = {};
  for (const { kind, key } of result.nodes ?? []) {
    const manifest = await readManifest(store, kind, key);
    for (const [name, { object }] of Object.entries(manifest?.files ?? {})) {
      const bytes = await store.get(object);
      digests[`${kind}/${key}/${name}`] = createHash('sha256').update(bytes).digest('hex');
    }
  }
  return digests;
}

/** Whatever is wrong after a disturbed run, each in a line; empty where all is well. */
export async function wrongAfter(
  cluster: FaultCluster,
  run: DisturbedRun,
  undisturbed: { result: RunResult; digests: Digests },
  logOffsets: Readonly<Record<string, number>>,
): Promise<string[]> {
  const wrong: string[] = [];
  const notReady = await cluster.supervisor.notReady(readyLimitMs);
  wrong.push(...notReady.map((name) => `${name} is not ready`));
  const { result, failure } = run;
  if (result === null) wrong.push(`the run: ${failure}`);
  else wrong.push(...(await differences(cluster, result, undisturbed)));
  wrong.push(...repeated(cluster, run, logOffsets));
  wrong.push(...(await leftProcesses(cluster)));
  wrong.push(...(await leftObjects(cluster, run)));
  wrong.push(...(await historyFaults(cluster, run.workflowId)));
  return wrong;
}

async function differences(
  cluster: FaultCluster,
  result: RunResult,
  undisturbed: { result: RunResult; digests: Digests },
): Promise<string[]> {
  const names = ({ members }: RunResult) => members.map(({ role, index }) => `${role} ${index}`).join(', ');
  const wrong: string[] = [];
  if (names(result) !== names(undisturbed.result)) wrong.push(`members: got ${names(result)}`);
  if (JSON.stringify(result.scores) !== JSON.stringify(undisturbed.result.scores)) wrong.push('other scores');
  const digests = await digestsOf(cluster, result);
  for (const [file, digest] of Object.entries(undisturbed.digests)) {
    if (digests[file] !== digest)
      wrong.push(`${file}: expected the undisturbed ${digest}, got ${digests[file]}`);
  }
  return wrong;
}

interface LogLine {
  time: string;
  msg: string;
  key?: string;
  reused?: boolean;
}

/** Where each service's log ends now. */
export function logOffsets(cluster: FaultCluster): Record<string, number> {
  return Object.fromEntries(
    ['scorer', ...trainers].map((name) => [name, readFileSync(cluster.logFile(name)).length]),
  );
}

/** Jobs that began after their artifact was finished, and made it once more. */
function repeated(
  cluster: FaultCluster,
  run: DisturbedRun,
  from: Readonly<Record<string, number>>,
): string[] {
  const made = new Map<string, { began: string; finished: string; by: string }[]>();
  for (const by of ['scorer', ...trainers]) {
    const began = new Map<string, string>();
    const text = readFileSync(cluster.logFile(by)).subarray(from[by]).toString('utf8');
    for (const line of text.split('\n')) {
      if (!line.startsWith('{')) continue;
      const { time, msg, key, reused } = JSON.parse(line) as LogLine;
      if (key === undefined) continue;
      if (msg === 'job started') began.set(key, time);
      if (msg === 'job finished' && !reused) {
        const one = { began: began.get(key) ?? time, finished: time, by };
        made.set(key, [...(made.get(key) ?? []), one]);
      }
    }
  }
  return [...made].flatMap(([key, times]) => {
    if (run.damaged.has(key)) return [];
    const first = times.map(({ finished }) => finished).sort()[0]!;
    return times
      .filter(({ began }) => began > first)
      .map(({ by, began }) => `${key}: finished at ${first}, and made again by ${by} from ${began} on`);
  });
}

async function leftProcesses({ supervisor }: FaultCluster): Promise<string[]> {
  const giveUpAt = performance.now() + idleLimitMs;
  while (supervisor.children().length > 0 && performance.now() < giveUpAt) await delay(200);
  return supervisor.children().map(({ pid, program }) => `process ${pid} is left: ${program}`);
}

/** What no manifest names: checkpoints, attempts' files, uploads that broke off. */
async function leftObjects({ store }: FaultCluster, { damaged }: DisturbedRun): Promise<string[]> {
  const left = await store.list('checkpoints/');
  const wrong = left.map(({ key }) => `${key} is left`);
  const kinds = new Set((await store.list('')).map(({ key }) => key.split('/')[0]!));
  for (const kind of kinds) {
    if (['checkpoints', 'datasets', 'experiments', 'probes', 'reports'].includes(kind)) continue;
    const objects = (await store.list(`${kind}/`)).map(({ key }) => key);
    for (const key of new Set(objects.map((object) => object.split('/')[1]!))) {
      const manifest = await readManifest(store, kind, key).catch(() => null);
      const named = new Set(Object.values(manifest?.files ?? {}).map(({ object }) => object));
      named.add(`${kind}/${key}/manifest.json`);
      const others = objects.filter((object) => object.startsWith(`${kind}/${key}/`) && !named.has(object));
      // A manifest that was set aside is kept, for people to look at.
      if (!damaged.has(key)) wrong.push(...others.map((object) => `${object} is left`));
    }
  }
  return wrong;
}

async function historyFaults({ temporal }: FaultCluster, workflowId: string): Promise<string[]> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const events = history.events ?? [];
  const wrong: string[] = [];
  if (events.length > eventBudget) wrong.push(`its history has ${events.length} events`);
  for (const { workflowTaskFailedEventAttributes: failed } of events) {
    // A reset is told as one, by whoever does it.
    if (failed && failed.cause !== resetCause)
      wrong.push(`a workflow task failed: cause ${failed.cause}, ${failed.failure?.message}`);
  }
  const options = {
    workflowBundle: await workflowBundle({ logger: new DefaultLogger('ERROR'), made: process.env.WORKFLOWS }),
    sinks: noAudit,
  };
  try {
    await Worker.runReplayHistory(options, history, workflowId);
  } catch (error) {
    wrong.push(`its history cannot be replayed: ${error instanceof Error ? error.message : String(error)}`);
  }
  return wrong;
}
