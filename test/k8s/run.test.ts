import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { RunProgress, RunResult } from '@ddad/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmallDataset, smallDataset } from '../small-dataset.ts';
import { applyEvaluation, type Evaluation, forgetArtifacts, type Run } from './evaluation.ts';
import { eventually, inPod, kubectl, pods, printMetrics, rolledOut } from './kubectl.ts';
import { photograph, runPage } from './temporal-ui.ts';

/** For how long all members together are to be trained, so that everything below happens meanwhile; in seconds. */
const trainingSeconds = 150;
/** Processors that the trainers share. */
const processors = Math.min(4, availableParallelism());
const input = { dataset: 'brain', k: 3, batchSize: 32, seed: 7, epochs: 0, refiner: { epochs: 2 } };
/** Image of another build of the coordinator. */
const nextCoordinator = process.env.NEXT_COORDINATOR || 'localhost/ddad-coordinator:0.1.0-next';

let evaluation: Evaluation;
let dataset: SmallDataset;
let run: Run;
let disturbed: { result: RunResult; weights: Record<string, string> };

beforeAll(async () => {
  evaluation = await applyEvaluation();
  dataset = await smallDataset();
});
afterAll(async () => {
  await evaluation?.close();
  await dataset?.remove();
});

const membersOf = ({ nodes }: RunProgress) => nodes.filter(({ member }) => member !== undefined);
const running = (progress: RunProgress) => membersOf(progress).filter(({ state }) => state === 'running');
const trainersAtWork = (progress: RunProgress) => new Set(running(progress).map(({ worker }) => worker));
const done = (progress: RunProgress) => membersOf(progress).reduce((sum, member) => sum + member.done, 0);

async function scaleTrainers(replicas: number): Promise<void> {
  await kubectl(['scale', 'deployment/trainer', `--replicas=${replicas}`]);
}

/** Weights of all members by key. */
async function weightsOf({ members }: RunResult): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { key } of members) {
    const text = (await evaluation.store.get(`members/${key}/manifest.json`)).toString();
    digests[key] = (JSON.parse(text) as { files: { weights: { sha256: string } } }).files.weights.sha256;
  }
  return digests;
}

async function costs(): Promise<Record<string, string | undefined>> {
  return Object.fromEntries(
    (await pods('trainer')).map(({ metadata }) => [
      metadata.name,
      metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'],
    ]),
  );
}

describe('a run on Kubernetes', () => {
  it('takes a dataset through a port-forward', async () => {
    const added = await evaluation.ddad('dataset', 'add', 'brain', dataset.directory);
    expect(added).toMatchObject({ code: 0 });
  });

  it('finishes a run on the one trainer there is', async () => {
    const epochs = 40;
    const small = { ...input, k: 2, unlabeled: 0, seed: 1, epochs, refiner: { epochs: 1 } };
    const { members } = await (await evaluation.start('ddad-small', small)).result();
    expect(members).toHaveLength(2);
    // From its speed follows how long the run has to be that is disturbed below.
    const { train } = dataset.data;
    const batches = (images: number) => Math.floor(images / input.batchSize);
    const [normal, unlabeled] = [train['0'].length, Object.values(train.unlabeled).flat().length];
    const perSecond = (epochs * batches(normal)) / Math.min(...members.map(({ seconds }) => seconds));
    const perEpoch = input.k * (batches(normal) + batches(normal + unlabeled));
    input.epochs = Math.max(50, Math.ceil((trainingSeconds * perSecond * processors) / perEpoch));
    console.log(`${perSecond.toFixed(1)} steps a second: ${input.epochs} epochs`);
  });

  it('takes a dataset from a prefix of the store', async () => {
    const { directory, data } = dataset;
    const names = [data.train, data.train.unlabeled, data.test].flatMap((part) => Object.values(part)).flat();
    for (const name of names.filter((one): one is string => typeof one === 'string'))
      await evaluation.store.putFile(`incoming/brain/images/${name}`, join(directory, 'images', name));
    await evaluation.store.putFile('incoming/brain/data.json', join(directory, 'data.json'));
    const added = await evaluation.ddad('dataset', 'add', 'brain', 's3://ddad/incoming/brain');
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('already there, unchanged') });
  });

  it('is started from the Temporal UI and trains on the one trainer there is', async () => {
    run = await evaluation.start('ddad-on-kubernetes', input);
    const progress = await eventually('a member in training', async () => {
      const now = await run.progress();
      return running(now).length === 1 && now;
    });
    const [trainer] = await pods('trainer');
    expect(trainersAtWork(progress)).toEqual(new Set([trainer!.metadata.name]));
  });

  it('trains four members at once after scaling from one trainer to four', async () => {
    await scaleTrainers(4);
    const progress = await eventually('four members in training', async () => {
      const now = await run.progress();
      return trainersAtWork(now).size === 4 && now;
    });
    expect(progress.stage).toBe('training');
    const names = (await pods('trainer')).map(({ metadata }) => metadata.name);
    expect([...trainersAtWork(progress)].sort()).toEqual(names.sort());
  });

  it('is seen in the Temporal UI, with the pods that train', async () => {
    const page = runPage(evaluation.ui, run.workflowId, run.runId);
    const shown = await photograph(
      page,
      // All four have done their first epochs.
      (text) => text.includes('4 running') && !/\t0 \/ \d+ epochs/.test(text),
      join(import.meta.dirname, '../../.cache/temporal-ui.png'),
    );
    for (const { metadata } of await pods('trainer')) expect(shown).toContain(metadata.name);
  });

  it('says in the API which trainers are busy', async () => {
    await eventually('four busy trainers', async () => {
      const values = Object.values(await costs());
      return values.length === 4 && values.every((cost) => cost === '100');
    });
  });

  it('goes on when a busy trainer is deleted', async () => {
    const [busy] = [...trainersAtWork(await run.progress())];
    await kubectl(['delete', 'pod', busy!, '--wait=false']);
    const progress = await eventually('four members in training without that trainer', async () => {
      const now = await run.progress();
      const at = trainersAtWork(now);
      return at.size === 4 && !at.has(busy!) && now;
    });
    expect(membersOf(progress).filter(({ state }) => state === 'failed')).toEqual([]);
  });

  it('goes on where it was when the coordinator is deleted', async () => {
    const before = await run.progress();
    const [coordinator] = await pods('coordinator');
    await kubectl(['delete', 'pod', coordinator!.metadata.name]);
    await rolledOut('deployment/coordinator');
    const begun = membersOf(before).filter((member) => member.done > 0);
    // A member that waits, as one whose trainer gave it up meanwhile, shows nothing done until it is trained again.
    const after = await eventually('all that had begun in training again', async () => {
      const members = membersOf(await run.progress());
      const now = begun.map(({ key }) => members.find((member) => member.key === key)!.done);
      return now.every((epochs) => epochs > 0) && now;
    });
    for (const [index, member] of begun.entries()) expect(after[index]).toBeGreaterThanOrEqual(member.done);
  });

  it('goes on with a new version of the coordinator', async () => {
    const before = await run.progress();
    expect(before.stage).toBe('training');
    await kubectl([
      'set',
      'image',
      'deployment/coordinator',
      `coordinator=${nextCoordinator}`,
      `store-users=${nextCoordinator}`,
    ]);
    await rolledOut('deployment/coordinator');
    await eventually('progress beyond that of before', async () => done(await run.progress()) > done(before));
  });

  it('goes on with two trainers after scaling down from four, and finishes with all members', async () => {
    await scaleTrainers(2);
    await eventually('two trainers', async () => (await pods('trainer')).length === 2);
    const result = await run.result();
    expect(result.members).toHaveLength(6);
    expect(result.failedMembers).toBeUndefined();
    expect(result.k).toBe(3);
    disturbed = { result, weights: await weightsOf(result) };
  });

  it('has restarted no container', async () => {
    for (const { metadata, status } of await pods()) {
      for (const { name, restartCount, ready } of status.containerStatuses ?? [])
        expect([metadata.name, name, restartCount, ready]).toEqual([metadata.name, name, 0, true]);
    }
  });

  it('gives the scores and weights of an undisturbed run, after which both of two scorers have done jobs', async () => {
    await kubectl(['scale', 'deployment/scorer', '--replicas=2']);
    await rolledOut('deployment/scorer');
    await forgetArtifacts(evaluation.store);
    const undisturbed = await evaluation.start('ddad-undisturbed', input);
    const result = await undisturbed.result();
    expect(result.members.every(({ reused }) => !reused)).toBe(true);
    expect(result.scores).toEqual(disturbed.result.scores);
    expect(await weightsOf(result)).toEqual(disturbed.weights);
    for (const { metadata } of await pods('scorer')) {
      const metrics = await inPod(metadata.name, printMetrics);
      // Which job goes to which scorer is chance: one may have had both refiners and the maps, the other curves and `dsu`.
      const finished = metrics
        .split('\n')
        .filter((line) => /^ddad_job_seconds_count\{.*outcome="finished"/.test(line));
      expect(finished, metadata.name).not.toEqual([]);
    }
  });

  it('loses idle trainers first when it is scaled down', async () => {
    await scaleTrainers(4);
    await rolledOut('deployment/trainer');
    const small = await evaluation.start('ddad-two-members', {
      ...input,
      k: 2,
      unlabeled: 0,
      seed: 8,
      epochs: 100_000,
    });
    const busy = await eventually('two busy trainers, known to Kubernetes', async () => {
      const at = trainersAtWork(await small.progress());
      const paid = Object.entries(await costs()).filter(([, cost]) => cost === '100');
      return at.size === 2 && paid.length === 2 && paid.every(([name]) => at.has(name)) && [...at].sort();
    });
    await scaleTrainers(2);
    const left = await eventually('two trainers', async () => {
      const now = await pods('trainer');
      return now.length === 2 && now;
    });
    expect(left.map(({ metadata }) => metadata.name).sort()).toEqual(busy);
    await evaluation.temporal.workflow.getHandle(small.workflowId).cancel();
    await small.result().catch(() => {});
  });
});
