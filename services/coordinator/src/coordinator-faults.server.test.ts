import {
  pageKind,
  pauseSignal,
  type RunProgress,
  type RunResult,
  resumeSignal,
  runKeys,
} from '@ddad/contract';
import { createLogger } from '@ddad/platform';
import { JobError } from '@ddad/rpc';
import { manifestKey, type ObjectStore, readManifest, StoreError } from '@ddad/storage';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { benchEachTest, patience } from './bench-each-test.testing.ts';
import { type Bench, causeOfFailure, oneClass } from './coordinator-bench.testing.ts';
import { type FakeWorker, startWorker } from './fake-services.testing.ts';

let bench: Bench;
benchEachTest((fresh) => {
  bench = fresh;
});

async function stageUntil(handle: WorkflowHandle, stage: string): Promise<void> {
  await expect.poll(async () => (await handle.query<RunProgress>('progress')).stage, patience).toBe(stage);
}

/** Ends so many members as they come. */
async function finishJobs(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await (await bench.trainer.jobs.next()).finish();
}

describe('a paused run', () => {
  it('frees its trainers, and takes its members up again with newer attempts', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    const held = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    const byKey = new Map(held.map(({ request }) => [request.job!.key, request.job!.attempt]));
    await handle.signal(pauseSignal);
    await stageUntil(handle, 'paused');
    expect(bench.trainer.stops.map(({ key }) => key).sort()).toEqual([...byKey.keys()].sort());
    await handle.signal(resumeSignal);
    for (let n = 0; n < 2; n++) {
      const again = await bench.trainer.jobs.next();
      expect(again.request.job!.attempt).toBeGreaterThan(byKey.get(again.request.job!.key)!);
      await again.finish();
    }
    expect(((await handle.result()) as RunResult).members.map(({ restarts }) => restarts)).toEqual([1, 1]);
  });
});

describe('several runs', () => {
  it('share trainers one each, and a run that trains nothing goes through while the others wait', async () => {
    const { coordinator } = await bench.startCoordinator([bench.trainer.entry]);
    const earlier = await bench.start();
    await finishJobs(2);
    await earlier.result();

    coordinator.setWorkers([bench.scorer.entry]);
    const handles: WorkflowHandle[] = [];
    for (const seed of [1, 2, 3]) handles.push(await bench.start({ ...oneClass, k: 3, seed }));
    const keys: string[][] = [];
    for (const handle of handles) {
      let members: RunProgress['nodes'] = [];
      await expect
        .poll(async () => {
          const { nodes } = await handle.query<RunProgress>('progress');
          members = nodes.filter(({ member }) => member !== undefined);
          return members.filter(({ state }) => state === 'waiting').length;
        }, patience)
        .toBe(3);
      keys.push(members.map(({ key }) => key));
    }
    // All nine wait at the dispatcher, which tells of them, beside what it told of the earlier run.
    const untold = () => keys.flat().filter((key) => !bench.live.some((one) => one.key === key));
    await expect.poll(untold, patience).toEqual([]);
    const others = [
      await startWorker(bench.store, 't2', 'train'),
      await startWorker(bench.store, 't3', 'train'),
    ];
    try {
      const trainers = [bench.trainer, ...others];
      coordinator.setWorkers([...trainers.map(({ entry }) => ({ ...entry, slots: 1 })), bench.scorer.entry]);
      const held = await Promise.all(trainers.map(({ jobs }) => jobs.next()));
      const runOf = (key: string) => keys.findIndex((own) => own.includes(key));
      expect(held.map(({ request }) => runOf(request.job!.key)).sort()).toEqual([0, 1, 2]);

      // Nothing is free, six members wait: a run whose members are finished needs none of that.
      const result = (await (await bench.start()).result()) as RunResult;
      expect(result.members.map(({ reused }) => reused)).toEqual([true, true]);

      // The freed trainer goes to the oldest run: each of the others has as many as it, or more.
      await held[0]!.finish();
      const next = await bench.trainer.jobs.next();
      const ended = runOf(held[0]!.request.job!.key);
      expect(runOf(next.request.job!.key)).toBe(ended);
      for (const handle of handles) await handle.cancel();
      for (const handle of handles) await handle.result().catch(() => {});
    } finally {
      for (const other of others) await other.close();
    }
  });
});

describe('a member that fails again and again', () => {
  /** A run whose two members trainer a was lost with, and trainer b took over. Patience ends at the second failure. */
  async function loseFirstTrainer() {
    const [first, second] = await Promise.all([
      startWorker(bench.store, 'a', 'train'),
      startWorker(bench.store, 'b', 'train'),
    ]);
    const { coordinator } = await bench.startCoordinator([first.entry], {
      patience: { failures: 2, forMs: 0 },
    });
    const handle = await bench.start();
    await first.jobs.next();
    await first.jobs.next();
    coordinator.setWorkers([second.entry, bench.scorer.entry]);
    await first.close();
    const taken = [await second.jobs.next(), await second.jobs.next()];
    return { coordinator, handle, second, taken };
  }

  it('fails for good after so many attempts in a row that got no further', async () => {
    await bench.startCoordinator([bench.trainer.entry], { patience: { failures: 2, forMs: 0 } });
    const handle = await bench.start();
    const first = await bench.trainer.jobs.next();
    const other = await bench.trainer.jobs.next();
    await other.finish();
    const { key } = first.request.job!;
    first.fail(new JobError('failed', 'the process died'));
    const second = await bench.trainer.jobs.next();
    // It got further: the count begins anew.
    const checkpoint = `0000000000000001-0000000000000010-${'a'.repeat(64)}.safetensors`;
    await bench.store.put(`checkpoints/members/${key}/${checkpoint}`, 'x');
    second.fail(new JobError('failed', 'the process died'));
    (await bench.trainer.jobs.next()).fail(new JobError('failed', 'the process died again'));
    const failure = (await causeOfFailure(handle)) as Error;
    expect(failure.message).toMatch(
      new RegExp(
        `^member ndm \\d \\(key ${key}\\) failed: member ndm \\d: 2 attempts in a row got no further than step 10, ` +
          'over 0 minutes; the last one: .*the process died again$',
      ),
    );
  });

  it('is not what loses a trainer and is let go by another', async () => {
    const { coordinator, handle, second, taken } = await loseFirstTrainer();
    coordinator.setWorkers([bench.trainer.entry, bench.scorer.entry]);
    for (const job of taken) job.fail(new JobError('leaving', 'the service shuts down'));
    await second.close();
    await finishJobs(2);
    expect(((await handle.result()) as RunResult).members.map(({ restarts }) => restarts)).toEqual([2, 2]);
  });

  it('is what every trainer was lost with that took it, as one that needs more memory than there is', async () => {
    const { handle, second } = await loseFirstTrainer();
    await second.close();
    const failure = (await causeOfFailure(handle)) as Error;
    expect(failure.message).toMatch(
      /2 attempts in a row got no further than step 0.*trainer b .*it was lost with the job that it had taken.*memory.*before it, elsewhere: .*trainer a /,
    );
  });
});

describe('a trainer that fails every job at once', () => {
  const full = new JobError('failed', 'ENOSPC: no space left on device');

  it('does not fail the run while another one works, and is set aside; its log line and its state say why', async () => {
    const sick = await startWorker(bench.store, 'a', 'train');
    sick.fails = () => full;
    const lines: { msg: string; worker?: string; cause?: string }[] = [];
    const logger = createLogger('coordinator', 'warn', {
      write: (line) => void lines.push(JSON.parse(line)),
    });
    try {
      const { coordinator } = await bench.startCoordinator([sick.entry, bench.trainer.entry], {
        // One failure would be enough, if it were not for the other trainer.
        patience: { failures: 1, forMs: 0 },
        logger,
      });
      const handle = await bench.start({ ...oneClass, k: 3 });
      await finishJobs(3);
      const { members } = (await handle.result()) as RunResult;
      expect(members.map(({ trainer }) => trainer)).toEqual(['t1', 't1', 't1']);
      const restarts = members.map((member) => member.restarts).toSorted();
      expect(restarts.slice(-sick.made.length)).toEqual(sick.made.map(() => 1));
      expect(sick.made.length).toBeGreaterThan(0);
      const cause = `trainer a (${sick.entry.address}): ENOSPC: no space left on device`;
      expect(coordinator.workerStates().find(({ id }) => id === 'a')).toMatchObject({
        state: 'set aside',
        reason: cause,
      });
      expect(lines.find(({ msg }) => msg.includes('set aside'))).toMatchObject({ worker: 'a', cause });
    } finally {
      await sick.close();
    }
  });

  it('fails the run together with another one that fails the same job, and both are named', async () => {
    const sick = await startWorker(bench.store, 'a', 'train');
    sick.fails = () => full;
    try {
      await bench.startCoordinator([sick.entry, bench.trainer.entry], {
        patience: { failures: 2, forMs: 0 },
      });
      const handle = await bench.start();
      for (let n = 0; n < 2; n += 1) {
        const held = await bench.trainer.jobs.next();
        const { key } = held.request.job!;
        if (sick.made.some(({ request }) => request.job!.key === key)) {
          held.fail(new JobError('failed', 'the process died'));
        } else await held.finish();
      }
      const failure = (await causeOfFailure(handle)) as Error;
      expect(failure.message).toMatch(
        /2 attempts in a row .*; the last one: .*trainer t1 .*the process died; before it, elsewhere: .*trainer a .*ENOSPC/,
      );
    } finally {
      await sick.close();
    }
  });
});

describe('a published member', () => {
  async function trainedOnce() {
    const { coordinator } = await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    await finishJobs(2);
    const { members, artifacts } = (await handle.result()) as RunResult;
    const manifest = (await readManifest(bench.store, 'members', members[1]!.key))!;
    return { coordinator, key: members[1]!.key, file: manifest.files.content!, artifacts };
  }

  it('whose object is missing is set aside and trained again, alone', async () => {
    const { key, file } = await trainedOnce();
    await bench.store.remove([file.object]);
    const handle = await bench.start();
    await finishJobs(1);
    const { members } = (await handle.result()) as RunResult;
    expect(members.map(({ reused }) => reused)).toEqual([true, false]);
    expect(members[1]).toMatchObject({
      key,
      replaced: `${file.object}: expected ${file.bytes} bytes, found none`,
    });
    const kept = (await bench.store.list(`members/${key}/`)).map((entry) => entry.key);
    expect(kept.filter((object) => object.includes('set-aside'))).toHaveLength(1);
    expect(bench.trainer.jobs.pending).toBe(0);
  });

  it('with other bytes is found out when maps cannot be made of it, set aside and trained again', async () => {
    const { key, file, artifacts } = await trainedOnce();
    const good = await bench.store.get(file.object);
    await bench.store.put(file.object, Buffer.alloc(file.bytes, 'x'));
    // Nobody reads it where maps and refined maps are there.
    await bench.store.remove([
      manifestKey('maps', artifacts.maps!),
      manifestKey('refiners', artifacts.rIntra!),
    ]);
    let damaged = true;
    bench.scorer.fails = ({ kind }) =>
      damaged && kind === 'maps'
        ? new JobError('failed', `${file.object}: expected ${file.bytes} bytes with SHA-256`)
        : null;
    const handle = await bench.start();
    const again = await bench.trainer.jobs.next();
    expect(again.request.job!.key).toBe(key);
    damaged = false;
    await again.finish();
    const { members } = (await handle.result()) as RunResult;
    expect(members.map(({ reused }) => reused)).toEqual([true, false]);
    expect(members[1]!.replaced).toBe(
      `${file.object}: expected content with that SHA-256, found other bytes`,
    );
    expect(await bench.store.get(file.object)).toEqual(good);
    expect(bench.trainer.jobs.pending).toBe(0);
  });
});

describe('what a failed job reads', () => {
  it('may take longer to be digested than an attempt may be silent, and the failure is counted', async () => {
    const heartbeatTimeoutMs = 4_000;
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: digesting, resolve: begun } = Promise.withResolvers<void>();
    const digest: ObjectStore['digest'] = async (key) => {
      begun();
      await gate;
      return bench.store.digest(key);
    };
    await bench.startCoordinator([bench.trainer.entry], {
      store: { ...bench.store, digest },
      heartbeatTimeoutMs,
      patience: { failures: 1, forMs: 0 },
    });
    bench.scorer.fails = ({ kind }) => (kind === 'maps' ? new JobError('failed', 'the process died') : null);
    const handle = await bench.start();
    await finishJobs(2);
    await digesting;
    const silentUntil = Date.now() + heartbeatTimeoutMs;
    const maps = async () => {
      const { pendingActivities } = (await handle.describe()).raw;
      return pendingActivities?.find(({ lastHeartbeatTime }) => lastHeartbeatTime != null);
    };
    const lastBeat = async () => Number((await maps())?.lastHeartbeatTime?.seconds ?? 0) * 1000;
    await expect.poll(lastBeat, patience).toBeGreaterThan(silentUntil);
    expect((await maps())?.attempt).toBe(1);
    open();
    const failure = (await causeOfFailure(handle)) as Error;
    expect(failure.message).toMatch(/^maps .*: 1 attempts in a row .*the process died$/);
  });
});

describe('a page', () => {
  const holdPages = (worker: FakeWorker) => {
    worker.holds = ({ kind }) => kind === pageKind.kind;
  };
  const attempts = async (handle: WorkflowHandle) =>
    (await handle.describe()).raw.pendingActivities?.[0]?.attempt ?? 0;

  it('is made by another scorer once one was killed at it, however often it is asked of the dead one first', async () => {
    const dead = await startWorker(bench.store, 's0', 'score');
    holdPages(dead);
    const { coordinator } = await bench.startCoordinator([bench.trainer.entry]);
    coordinator.setWorkers([bench.trainer.entry, dead.entry]);
    const handle = await bench.start();
    await finishJobs(2);
    const { request } = await dead.jobs.next();
    // What it announces last: that it holds the page.
    coordinator.setWorkers([bench.trainer.entry, { ...dead.entry, keys: [request.job!.key] }]);
    await dead.close();
    await expect.poll(() => attempts(handle), patience).toBeGreaterThan(3);
    coordinator.setWorkers([bench.trainer.entry, bench.scorer.entry]);
    const { runId, files } = (await handle.result()) as RunResult;
    expect(files.page).toBe(runKeys.page(runId));
    expect(await bench.store.exists(runKeys.page(runId))).toBe(true);
  });

  it('is not laid beside its report by an attempt that was cancelled', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: copying, resolve: begun } = Promise.withResolvers<void>();
    const get: ObjectStore['get'] = async (key) => {
      if (key.startsWith(pageKind.kind) && !key.endsWith('manifest.json')) {
        begun();
        await gate;
      }
      return bench.store.get(key);
    };
    await bench.startCoordinator([bench.trainer.entry], { store: { ...bench.store, get } });
    const handle = await bench.start();
    await finishJobs(2);
    await copying;
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    open();
    await new Promise(setImmediate);
    expect((await bench.store.list('reports/')).map(({ key }) => key)).not.toContainEqual(
      expect.stringMatching(/report\.html$/),
    );
  });

  it('that fails by itself is left out after three times', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    bench.scorer.fails = ({ kind }) => (kind === pageKind.kind ? new JobError('failed', 'no fonts') : null);
    const handle = await bench.start();
    await finishJobs(2);
    expect(((await handle.result()) as RunResult).files.page).toBeNull();
    const pages = bench.scorer.made.filter(({ request }) => request.kind === pageKind.kind);
    expect(pages).toHaveLength(3);
  });
});

describe('a finished member', () => {
  it('with a checkpoint left is handed to a trainer, which removes it; without one it is not', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const first = await bench.start();
    await finishJobs(2);
    const { members } = (await first.result()) as RunResult;
    const left = `checkpoints/members/${members[0]!.key}/${'1'.padStart(16, '0')}-${'5'.padStart(16, '0')}-${'a'.repeat(64)}.safetensors`;
    await bench.store.put(left, 'of somebody who died');
    const again = await bench.start();
    const job = await bench.trainer.jobs.next();
    expect(job.request.job!.key).toBe(members[0]!.key);
    await bench.store.remove([left]);
    await job.finish();
    const result = (await again.result()) as RunResult;
    expect(result.members.map(({ reused }) => reused)).toEqual([true, true]);
    expect(bench.trainer.jobs.pending).toBe(0);
  });
});

describe('an object store that refuses', () => {
  it('shows in Temporal with the operation and the object, not as a failure too large to keep', async () => {
    const cause = new Error('Access Denied.', { cause: new Error('a long answer '.repeat(1000)) });
    const message = 'could not get datasets/by-name/tiny in bucket ddad: Access Denied. (AccessDenied)';
    const get = () => Promise.reject(new StoreError(message, 'AccessDenied', cause));
    await bench.startCoordinator([bench.trainer.entry], { store: { ...bench.store, get } });
    const handle = await bench.start();
    const shown = async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure ?? null;
    await expect.poll(shown, patience).not.toBeNull();
    expect(await shown()).toMatchObject({ message, applicationFailureInfo: { type: 'StoreRefused' } });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
});
