import { artifactKey, type RunProgress, type RunResult, runKeys, seedOf } from '@ddad/contract';
import { JobError } from '@ddad/rpc';
import { readManifest } from '@ddad/storage';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { benchEachTest, patience } from './bench-each-test.testing.ts';
import { cancelLimits } from './cancel-limits.ts';
import { type Bench, causeOfFailure, oneClass } from './coordinator-bench.testing.ts';

let bench: Bench;
benchEachTest((fresh) => {
  bench = fresh;
});

/** What the scorer was asked for of a kind, in order. */
const scored = (kind: string) => bench.scorer.made.filter(({ request }) => request.kind === kind);
const stateOf = async (handle: { query<T>(name: string): Promise<T> }) =>
  (await handle.query<RunProgress>('progress')).nodes.filter(({ member }) => member !== undefined);

describe('a coordinator', () => {
  it('takes a run from its members over maps and refiner to the report', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    const first = await bench.trainer.jobs.next();
    const second = await bench.trainer.jobs.next();
    expect(first.request.images).toEqual([0, 1, 2, 3, 4, 5]);
    // Fields that are not set are no part of a specification.
    expect(artifactKey(first.spec)).toBe(first.request.job!.key);
    first.send({ $case: 'progress', value: { done: 4, total: 9, loss: 0.75, imagesPerSecond: 10 } });
    await expect
      .poll(async () => (await stateOf(handle)).map(({ done }) => done).sort(), patience)
      .toEqual([0, 4]);
    await first.finish();
    await second.finish();
    const result = (await handle.result()) as RunResult;
    expect(result.members).toMatchObject([
      { role: 'ndm', index: 0, trainer: 't1', seconds: 3, loss: 0.5, reused: false },
      { role: 'ndm', index: 1, trainer: 't1', seconds: 3, loss: 0.5, reused: false },
    ]);
    expect(scored('maps').map(({ request }) => request.images)).toEqual([[11, 12, 13, 14]]);
    expect(scored('refiners')).toMatchObject([
      { request: { images: [0, 1, 2, 3, 4, 5] }, spec: { input: 'intra' } },
    ]);
    expect(scored('refined').map(({ spec }) => spec)).toEqual([
      { maps: result.artifacts.maps, refiner: result.artifacts.rIntra },
    ]);
    expect(result.scores).toEqual({ rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } });
    expect(result.withoutCopies?.images).toBe(3);
    const { runId } = result;
    expect(result.files).toEqual({
      report: runKeys.report(runId),
      page: runKeys.page(runId),
      scores: runKeys.scores(runId),
    });
    expect((await bench.store.get(runKeys.scores(runId))).toString()).toBe('image,label\n');
    const report = JSON.parse((await bench.store.get(runKeys.report(runId))).toString());
    expect(report).toMatchObject({ scores: result.scores, files: result.files, members: result.members });
    expect((await bench.store.get(runKeys.page(runId))).toString()).toBe('<!doctype html>');

    const again = (await (await bench.start()).result()) as RunResult;
    expect(again.members.map(({ reused }) => reused)).toEqual([true, true]);
    expect(bench.trainer.jobs.pending).toBe(0);
    expect(scored('maps')).toHaveLength(1);
  });

  it('has held-out normal images and unlabeled ones scored and refined with the test images', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start({
      ...oneClass,
      calibration: 0.34,
      falsePositiveRate: 0.4,
      unlabeled: 2,
    });
    for (let member = 0; member < 4; member += 1) {
      const held = await bench.trainer.jobs.next();
      // Images 2 and 5 are held out.
      expect(held.request.images.slice(0, 4)).toEqual([0, 1, 3, 4]);
      await held.finish();
    }
    await handle.result();
    expect(new Set(scored('maps').map(({ request }) => request.images.join()))).toEqual(
      new Set(['11,12,13,14', '2,5,6,8']),
    );
    expect(scored('refiners').map(({ request }) => request.images)).toEqual([
      [0, 1, 3, 4],
      [0, 1, 3, 4],
    ]);
    const keys = scored('maps').map(({ request }) => request.job!.key);
    const refined = scored('refined').map(({ spec }) => spec.maps as string);
    expect(refined.sort()).toEqual([...keys, ...keys].sort());
  });

  it('publishes that a member waits while there is no trainer', async () => {
    const { coordinator } = await bench.startCoordinator([]);
    const handle = await bench.start();
    await expect.poll(() => new Set(bench.live.map(({ key }) => key)).size, patience).toBe(2);
    expect(bench.live[0]!.progress).toMatchObject({ state: 'waiting', done: 0, total: 9, worker: null });
    coordinator.setWorkers([bench.trainer.entry, bench.scorer.entry]);
    await (await bench.trainer.jobs.next()).finish();
    await (await bench.trainer.jobs.next()).finish();
    await handle.result();
  });

  it('trains a member that two runs want once', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const handles = [await bench.start(), await bench.start()];
    const held = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    // Both runs wait for both members before any of them ends.
    for (const handle of handles) {
      await expect
        .poll(async () => (await stateOf(handle)).map(({ state }) => state), patience)
        .toEqual(['running', 'running']);
    }
    for (const job of held) await job.finish();
    const results = (await Promise.all(handles.map((handle) => handle.result()))) as RunResult[];
    expect(results.map(({ members }) => members.map(({ reused }) => reused))).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(bench.trainer.jobs.pending).toBe(0);
  });

  it('has each run its own maps refined where runs share a refiner', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    bench.scorer.holds = ({ kind }) => kind === 'refiners';
    // R_intra reads the NDM alone, which both have; the maps are of other UDMs.
    const handles = [
      await bench.start({ ...oneClass, unlabeled: 2 }),
      await bench.start({ ...oneClass, unlabeled: 3 }),
    ];
    for (let member = 0; member < 6; member += 1) await (await bench.trainer.jobs.next()).finish();
    // Both follow both of their refiners: of the three, one is shared.
    const refiners = [];
    for (let n = 0; n < 3; n += 1) refiners.push(await bench.scorer.jobs.next());
    for (const handle of handles) {
      await expect
        .poll(async () => {
          const { pendingActivities } = (await handle.describe()).raw;
          return pendingActivities?.filter(({ heartbeatDetails }) => heartbeatDetails).length;
        }, patience)
        .toBe(2);
    }
    expect(refiners.filter(({ spec }) => spec.input === 'intra')).toHaveLength(1);
    for (const refiner of refiners) await refiner.finish();
    const results = (await Promise.all(handles.map((handle) => handle.result()))) as RunResult[];
    const maps = results.map(({ artifacts }) => artifacts.maps!);
    expect(new Set(maps).size).toBe(2);
    for (const key of maps) {
      const refined = artifactKey({ maps: key, refiner: results[0]!.artifacts.rIntra });
      expect(await readManifest(bench.store, 'refined', refined)).not.toBeNull();
    }
  });

  it('leaves members that two runs want to the other when one is cancelled', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const [first, second] = [await bench.start(), await bench.start()];
    const held = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    for (const handle of [first, second]) {
      await expect
        .poll(async () => (await stateOf(handle)).map(({ state }) => state), patience)
        .toEqual(['running', 'running']);
    }
    await first.cancel();
    expect(await causeOfFailure(first)).toBeInstanceOf(CancelledFailure);
    expect(bench.trainer.stops).toEqual([]);
    for (const job of held) await job.finish();
    expect(((await second.result()) as RunResult).members).toHaveLength(2);
    expect(bench.trainer.jobs.pending).toBe(0);
  });

  it('foresees what a run would make, find, and how long that takes, and makes nothing', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const before = await bench.foresee();
    expect(before.workers).toEqual({ trainer: 1, scorer: 1 });
    expect(
      before.nodes.filter(({ found, expectedSeconds }) => found || expectedSeconds !== undefined),
    ).toEqual([]);
    expect(bench.trainer.made).toEqual([]);
    const handle = await bench.start();
    for (const _ of [1, 2]) await (await bench.trainer.jobs.next()).finish();
    await handle.result();
    // One member more: those that are there took 3 s for 9 epochs.
    const after = await bench.foresee({ ...oneClass, k: 3, epochs: 9 });
    const members = after.nodes.filter(({ madeBy }) => madeBy === 'trainer');
    expect(members.map(({ found, expectedSeconds }) => [found, expectedSeconds])).toEqual([
      [true, 3],
      [true, 3],
      [false, 3],
    ]);
    const again = await bench.foresee();
    expect(again.nodes.every(({ found }) => found)).toBe(true);
    await expect(bench.foresee({ ...oneClass, dataset: 'nope', k: 1 })).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringContaining('"nope"') },
    });
  });

  it('stops its trainers when a run is cancelled, before the cancellation is confirmed', async () => {
    // No signal tells the run how its members go.
    await bench.startCoordinator([bench.trainer.entry], { progressIntervalMs: 60_000 });
    const handle = await bench.start();
    const held = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    const figures = { done: 3, total: 8, loss: 0.5, imagesPerSecond: 9 };
    for (const job of held) job.send({ $case: 'progress', value: figures });
    await handle.cancel();
    expect(await causeOfFailure(handle)).toBeInstanceOf(CancelledFailure);
    expect(bench.trainer.stops.map(({ key }) => key).sort()).toEqual(
      held.map(({ request }) => request.job!.key).sort(),
    );
    // The last news of each, though no signal has told the run of it yet.
    expect((await stateOf(handle)).map(({ state, done }) => [state, done])).toEqual([
      ['cancelled', 3],
      ['cancelled', 3],
    ]);
  });

  it('confirms a cancellation within 30 s even where a trainer does not answer any more', async () => {
    const { hearMs } = cancelLimits;
    await bench.startCoordinator([bench.trainer.entry], { hearMs, heartbeatTimeoutMs: 20_000 });
    const handle = await bench.start();
    await bench.trainer.jobs.next();
    await bench.trainer.jobs.next();
    bench.trainer.hung.now = true;
    const from = performance.now();
    await handle.cancel();
    expect(await causeOfFailure(handle)).toBeInstanceOf(CancelledFailure);
    expect(performance.now() - from).toBeLessThan(30_000);
    expect(bench.trainer.stops).toHaveLength(2);
  });

  it('stops the scorer when a run is cancelled while maps are made', async () => {
    bench.scorer.holds = ({ kind }) => kind === 'maps';
    await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    await (await bench.trainer.jobs.next()).finish();
    await (await bench.trainer.jobs.next()).finish();
    const maps = await bench.scorer.jobs.next();
    await handle.cancel();
    expect(await causeOfFailure(handle)).toBeInstanceOf(CancelledFailure);
    expect(bench.scorer.stops.map(({ key }) => key)).toContain(maps.request.job!.key);
  });

  it('lets its members train on when it shuts down, and takes them over when it is back', async () => {
    const before = await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    const held = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    await before.stop();
    await Promise.all(held.map(({ closed }) => closed));
    expect(bench.trainer.stops).toEqual([]);

    // The trainer is full of just these two: only a take-over can reach it.
    const keys = held.map(({ request }) => request.job!.key);
    await bench.startCoordinator([{ ...bench.trainer.entry, slots: 2, keys }]);
    const taken = [await bench.trainer.jobs.next(), await bench.trainer.jobs.next()];
    for (const { request } of taken) {
      const earlier = held.find((one) => one.request.job!.key === request.job!.key)!;
      expect(request.job!.attempt).toBeGreaterThan(earlier.request.job!.attempt);
    }
    for (const job of taken) await job.finish();
    expect(((await handle.result()) as RunResult).members).toHaveLength(2);
  });

  it('retries a member whose trainer failed, and trains one that diverged once more with its next seed', async () => {
    await bench.startCoordinator([bench.trainer.entry]);
    const handle = await bench.start();
    const first = await bench.trainer.jobs.next();
    await bench.trainer.jobs.next();
    first.fail(new JobError('failed', 'the process died'));
    const retried = await bench.trainer.jobs.next();
    expect(retried.request.job!.key).toBe(first.request.job!.key);
    retried.fail(new JobError('diverged', 'loss is NaN in epoch 3'));
    const next = await bench.trainer.jobs.next();
    const { seed, role } = first.spec;
    expect(next.spec.role).toBe(role);
    expect([0, 1].map((index) => seedOf(0, 'ndm', index))).toContain(seed);
    expect([0, 1].map((index) => seedOf(0, 'ndm', index, 1))).toContain(next.spec.seed);
    next.fail(new JobError('diverged', 'loss is NaN in epoch 4'));
    const failure = await causeOfFailure(handle);
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect((failure as Error).message).toMatch(
      new RegExp(
        `^member ndm \\d \\(key ${next.request.job!.key}\\) failed: diverged with seed ${seed} ` +
          `and with seed ${next.spec.seed}: .*loss is NaN in epoch 4$`,
      ),
    );
  });
});
