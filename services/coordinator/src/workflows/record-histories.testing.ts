/**
 * Records histories of the workflow as it is now, for the replay tests of all later versions:
 * `node services/coordinator/src/workflows/record-histories.testing.ts VERSION` writes `histories/VERSION/NAME.json`. Run it
 * before a version is released, with a new number, and never again for a number that was released.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addMembersUpdate, pauseSignal, type RunProgress, resumeSignal, seedOf } from '@ddad/contract';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { MakeArgs } from '../activities/make.ts';
import { nodeProgressSignal, toRow } from '../node-progress.ts';
import { HeldMembers, isMember, madeNode, makeBy, working } from './fake-activities.testing.ts';
import { historyToJson } from './history-json.testing.ts';
import { small, startWorkflowServer } from './workflow-server.testing.ts';

const nan = () => ApplicationFailure.nonRetryable('loss is NaN', 'Diverged');
const version = process.argv[2];
if (version === undefined) throw new Error('expected the version to record as argument, got none');

const server = await startWorkflowServer({ heartbeatTimeoutMs: 1000 });
let fakes = server.reset();

const start = (name: string, raw: unknown): Promise<WorkflowHandle> => server.start(raw, name);

async function ended(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await handle.result().catch(() => {});
  return handle;
}

async function untilStage(handle: WorkflowHandle, stage: string): Promise<void> {
  while ((await handle.query<RunProgress>('progress')).stage !== stage) await delay(20);
}

/** Has the nodes that `fail` names end with a failure. */
function failing(fail: (args: MakeArgs) => boolean, failure: () => Error): void {
  makeBy(fakes, fail, async () => {
    throw failure();
  });
}

/** Each leaves the run in the state whose history is to be kept. */
const scenarios: Record<string, (name: string) => Promise<WorkflowHandle>> = {
  async completed(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    const figures = {
      done: 5,
      total: 250,
      loss: 0.5,
      imagesPerSecond: 9,
      worker: 't1',
      state: 'running',
    } as const;
    await handle.signal(nodeProgressSignal, [toRow(1, figures)]);
    await handle.query('progress');
    held.finishAll();
    return ended(handle);
  },
  'one-class-without-test-images': async (name) => ended(await start(name, { ...small, dataset: 'plain' })),
  'held-out-images': async (name) =>
    ended(await start(name, { ...small, calibration: 0.34, falsePositiveRate: 0.4 })),
  'ensemble-size-curve': async (name) => ended(await start(name, { ...small, k: 3 })),
  'without-refiner': async (name) => ended(await start(name, { ...small, refiner: false })),
  'mc-dropout': async (name) => {
    const { k: _, ...input } = small;
    return ended(await start(name, { ...input, uncertainty: 'dropout' }));
  },
  experiment: async (name) =>
    ended(await server.startExperiment({ base: small, axes: { seed: [0, 1, 2], unlabeled: [0, 3] } }, name)),
  'experiment-with-a-failed-run': async (name) => {
    failing(({ id }) => id.startsWith('member udm'), nan);
    return ended(await server.startExperiment({ base: small, axes: { unlabeled: [0, 3] }, atOnce: 1 }, name));
  },
  'refused-input': async (name) => ended(await start(name, { ...small, k: 1 })),
  async 'failed-beside-others'(name) {
    const held = new HeldMembers(fakes);
    makeBy(
      fakes,
      ({ position }) => position === 1,
      async () => {
        await held.until(3);
        throw ApplicationFailure.nonRetryable('no such layer', 'InvalidJob');
      },
    );
    return ended(await start(name, small));
  },
  async 'diverged-once'(name) {
    const first = seedOf(0, 'udm', 0);
    failing((args) => isMember(args) && (args.spec as { seed: number }).seed === first, nan);
    return ended(await start(name, small));
  },
  async 'diverged-twice'(name) {
    failing(({ position }) => position === 2, nan);
    return ended(await start(name, small));
  },
  async 'fewer-members'(name) {
    failing(
      ({ position }) => position === 2,
      () => ApplicationFailure.nonRetryable('got no further', 'NoProgress'),
    );
    return ended(await start(name, { ...small, k: 3, minMembers: 2 }));
  },
  async grown(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    await handle.executeUpdate(addMembersUpdate, { args: [{ k: 3 }] });
    await held.until(6);
    held.finishAll();
    return ended(handle);
  },
  async 'grown-while-refining'(name) {
    const { promise: there, resolve: arrive } = Promise.withResolvers<void>();
    let holds = true;
    makeBy(
      fakes,
      ({ id }) => id === 'refiner dual' && holds,
      async () => {
        arrive();
        await working();
        throw new Error('expected to be stopped');
      },
    );
    const handle = await start(name, small);
    await there;
    holds = false;
    await handle.executeUpdate(addMembersUpdate, { args: [{ k: 3 }] });
    return ended(handle);
  },
  'without-its-page': async (name) => {
    fakes.makePage = async () => {
      throw ApplicationFailure.nonRetryable('no fonts');
    };
    return ended(await start(name, small));
  },
  async 'paused-and-resumed'(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    await handle.signal(pauseSignal);
    await untilStage(handle, 'paused');
    await handle.signal(resumeSignal);
    await held.until(8);
    held.finishAll();
    return ended(handle);
  },
  async 'cancelled-while-paused'(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    await handle.signal(pauseSignal);
    await untilStage(handle, 'paused');
    await handle.cancel();
    return ended(handle);
  },
  async 'damaged-member'(name) {
    let tries = 0;
    makeBy(
      fakes,
      ({ id }) => id === 'maps',
      async (args) => {
        tries += 1;
        if (tries > 1) return madeNode(args);
        const details = [[{ kind: 'members', key: args.needs[0]!.key, fault: 'found none' }]];
        const failure = { message: 'damaged', type: 'DamagedArtifact', nonRetryable: true, details };
        throw ApplicationFailure.create(failure);
      },
    );
    return ended(await start(name, small));
  },
  async cancelled(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    await handle.cancel();
    return ended(handle);
  },
  async training(name) {
    const held = new HeldMembers(fakes);
    const handle = await start(name, small);
    await held.until(4);
    return handle;
  },
};

try {
  const directory = join(import.meta.dirname, 'histories', version);
  await mkdir(directory, { recursive: true });
  for (const [name, play] of Object.entries(scenarios)) {
    fakes = server.reset();
    // The id under which it is replayed: those of an experiment's child runs derive from its own.
    const handle = await play(`${version}/${name}`);
    const history = historyToJson(await handle.fetchHistory());
    await writeFile(join(directory, `${name}.json`), `${JSON.stringify(history, null, 2)}\n`);
    const { status } = await handle.describe();
    process.stdout.write(`${name}: ${status.name}\n`);
    if (status.name === 'RUNNING') await handle.terminate();
  }
} finally {
  await server.dispose();
}
