import {
  type AddMembersResult,
  addMembersUpdate,
  pauseSignal,
  type RunResult,
  resumeSignal,
  seedOf,
} from '@ddad/contract';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import type { MakeArgs } from '../activities/make.ts';
import { addDataset } from '../datasets.testing.ts';
import { HeldMembers, madeNode, makeBy, recordNodes, resultOf, working } from './fake-activities.testing.ts';
import { fakesEachTest } from './fakes-each-test.testing.ts';
import { expectReplays, failureOf, progressUntil } from './run-expectations.testing.ts';
import { small, type WorkflowServer } from './workflow-server.testing.ts';

let server: WorkflowServer;
let fakes: Activities;
let held: HeldMembers;
let made: MakeArgs[];

fakesEachTest((shared, fresh) => {
  server = shared;
  fakes = fresh;
  held = new HeldMembers(fakes);
  made = recordNodes(fakes);
});

const four = ['ndm 0', 'ndm 1', 'udm 0', 'udm 1'].map((name) => `member ${name}`);
const nodesOf = (id: string) => made.filter((args) => args.id === id);
const digestIn = ({ spec }: MakeArgs) => (spec as { imagesDigest: string }).imagesDigest;

async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

async function pendingActivities(handle: WorkflowHandle): Promise<number> {
  return (await handle.describe()).raw.pendingActivities?.length ?? 0;
}

function addMembers(handle: WorkflowHandle, argument: unknown): Promise<AddMembersResult> {
  return handle.executeUpdate(addMembersUpdate, { args: [argument] });
}

describe('a paused run', () => {
  it('stops its members, holds nothing, and goes on with those that are not finished', async () => {
    const handle = await server.start(small);
    await held.until(4);
    held.finish('member ndm 1');
    await progressUntil(handle, ({ nodes }) => nodes[1]!.state === 'finished');
    await handle.signal(pauseSignal);
    const paused = await progressUntil(handle, ({ stage }) => stage === 'paused');
    expect(paused.pausedIn).toBe('training');
    expect(paused.nodes.slice(0, 4).map(({ state }) => state)).toEqual([
      'waiting',
      'finished',
      'waiting',
      'waiting',
    ]);
    expect(held.stopped.sort()).toEqual(['member ndm 0', 'member udm 0', 'member udm 1']);
    expect(await pendingActivities(handle)).toBe(0);
    expect(await detailsOf(handle)).toContain('**paused** — 1 of 12 finished, 0 running');

    await handle.signal(resumeSignal);
    await held.until(7);
    expect(held.names.slice(4).sort()).toEqual(['member ndm 0', 'member udm 0', 'member udm 1']);
    const keysOf = (args: typeof held.begun) => new Set(args.map(({ key }) => key));
    const before = keysOf(held.begun.slice(0, 4));
    expect([...keysOf(held.begun.slice(4))].every((key) => before.has(key))).toBe(true);
    expect((await progressUntil(handle, ({ stage }) => stage === 'training')).pausedIn).toBeUndefined();
    held.finishAll();
    const { members } = (await handle.result()) as RunResult;
    expect(members.map(({ restarts }) => restarts)).toEqual([1, 0, 1, 1]);
    await expectReplays(handle);
  });

  it('tells how many epochs each member has kept, which signals are too slow for', async () => {
    held.onStop = async () => {
      const kept = { done: 12, total: 40, loss: 0.5, imagesPerSecond: 9, worker: 't1', state: 'running' };
      throw new CancelledFailure('stopped', [kept]);
    };
    const handle = await server.start(small);
    await held.until(4);
    await handle.signal(pauseSignal);
    const { nodes } = await progressUntil(handle, ({ stage }) => stage === 'paused');
    expect(nodes[0]).toMatchObject({ state: 'waiting', done: 12, total: 40, worker: null });
    await handle.cancel();
    await failureOf(handle);
    // Whoever cancels it has neither failed members nor lost them.
    const { nodes: ended, stage } = await progressUntil(handle, () => true);
    expect(ended.slice(0, 4).map(({ state, done }) => [state, done])).toEqual(
      Array.from({ length: 4 }, () => ['cancelled', 12]),
    );
    expect(stage).not.toBe('finished');
    await expectReplays(handle);
  });

  it('is called paused only once its trainers have stopped', async () => {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    held.onStop = () => stopped;
    const handle = await server.start(small);
    await held.until(4);
    await handle.signal(pauseSignal);
    await expect.poll(() => held.stopped.length, { timeout: 10_000 }).toBe(4);
    expect((await progressUntil(handle, () => true)).stage).toBe('training');
    expect(await detailsOf(handle)).toContain('**training, pausing**');
    // Resumed before they have: begun again once they have, not beside.
    await handle.signal(resumeSignal);
    await progressUntil(handle, () => true);
    expect(held.begun).toHaveLength(4);
    stop();
    await held.until(8);
    held.finishAll();
    await handle.result();
    await expectReplays(handle);
  });

  it('can be cancelled', async () => {
    const handle = await server.start(small);
    await held.until(4);
    await handle.signal(pauseSignal);
    await progressUntil(handle, ({ stage }) => stage === 'paused');
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(held.begun).toHaveLength(4);
    await expectReplays(handle);
  });

  it('begins no member where it was paused while it was planned', async () => {
    const { promise: planned, resolve: plan } = Promise.withResolvers<void>();
    const { plan: earnest } = fakes;
    fakes.plan = async (raw) => {
      await planned;
      return earnest(raw);
    };
    const handle = await server.start(small);
    await handle.signal(pauseSignal);
    plan();
    const paused = await progressUntil(handle, ({ pausedIn }) => pausedIn === 'training');
    expect(paused.stage).toBe('paused');
    expect(held.begun).toEqual([]);
    await handle.signal(resumeSignal);
    await held.until(4);
    held.finishAll();
    await handle.result();
    await expectReplays(handle);
  });

  it('stops its refiners too, and does not make its maps again', async () => {
    const refining: string[] = [];
    let resumed = false;
    makeBy(
      fakes,
      ({ id }) => id.startsWith('refiner '),
      async (args) => {
        refining.push(args.id);
        if (!resumed) await working();
        return madeNode(args);
      },
    );
    held.finish(...four);
    const handle = await server.start(small);
    await expect.poll(() => refining.length, { timeout: 10_000 }).toBe(2);
    await handle.signal(pauseSignal);
    const paused = await progressUntil(handle, ({ stage }) => stage === 'paused');
    expect(paused.pausedIn).toBe('refining');
    resumed = true;
    await handle.signal(resumeSignal);
    await handle.result();
    expect(refining.sort()).toEqual(['refiner dual', 'refiner dual', 'refiner intra', 'refiner intra']);
    expect(nodesOf('maps')).toHaveLength(1);
    await expectReplays(handle);
  });

  it('has written no report any more once it is called paused', async () => {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    const publishing: string[] = [];
    fakes.publishReport = async (facts) => {
      publishing.push('begun');
      if (publishing.length > 1) return resultOf(facts);
      await working(undefined, () => {
        publishing.push('stopping');
        return stopped;
      });
      throw new Error('expected to be stopped');
    };
    held.finish(...four);
    const handle = await server.start(small);
    await expect.poll(() => publishing, { timeout: 20_000 }).toEqual(['begun']);
    await handle.signal(pauseSignal);
    await expect.poll(() => publishing, { timeout: 20_000 }).toEqual(['begun', 'stopping']);
    expect((await progressUntil(handle, () => true)).stage).toBe('report');
    stop();
    await progressUntil(handle, ({ stage }) => stage === 'paused');
    await handle.signal(resumeSignal);
    await handle.result();
    expect(publishing).toEqual(['begun', 'stopping', 'begun']);
    await expectReplays(handle);
  });

  it('takes an attempt that fails while it is being stopped for stopped', async () => {
    held.onStop = () => Promise.reject(new Error('the connection broke off'));
    const handle = await server.start(small);
    await held.until(4);
    await handle.signal(pauseSignal);
    await progressUntil(handle, ({ stage }) => stage === 'paused');
    await handle.signal(resumeSignal);
    await held.until(8);
    // The same for the cancellation of the run.
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    await expectReplays(handle);
  });
});

describe('addMembers', () => {
  it('plans and trains the additional members beside the others, on the images that the run began with', async () => {
    await addDataset(server.store, 'moving');
    const handle = await server.start({ ...small, dataset: 'moving' });
    await held.until(4);
    held.finish('member ndm 0');
    await addDataset(server.store, 'moving', { train: [0, 1, 2, 3, 4] });
    const { k, added } = await addMembers(handle, { k: 4 });
    expect(k).toBe(4);
    expect(added.map(({ role, index, seed }) => [role, index, seed])).toEqual([
      ['ndm', 2, seedOf(0, 'ndm', 2)],
      ['ndm', 3, seedOf(0, 'ndm', 3)],
      ['udm', 2, seedOf(0, 'udm', 2)],
      ['udm', 3, seedOf(0, 'udm', 3)],
    ]);
    await held.until(8);
    expect(held.names.slice(4).sort()).toEqual(
      ['ndm 2', 'ndm 3', 'udm 2', 'udm 3'].map((name) => `member ${name}`),
    );
    expect(held.stopped).toEqual([]);
    const digestOf = (id: string) => digestIn(held.begun.find((args) => args.id === id)!);
    expect([digestOf('member ndm 2'), digestOf('member udm 2')]).toEqual([
      digestOf('member ndm 0'),
      digestOf('member udm 0'),
    ]);
    const progress = await progressUntil(handle, () => true);
    expect(progress.input!.k).toBe(4);
    const order = progress.nodes.flatMap(({ member }) =>
      member === undefined ? [] : [`${member.role} ${member.index}`],
    );
    expect(order).toEqual(['ndm', 'udm'].flatMap((role) => [0, 1, 2, 3].map((index) => `${role} ${index}`)));

    held.finishAll();
    const result = (await handle.result()) as RunResult;
    expect(result.k).toBe(4);
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual(order);
    const keysOf = (role: string) =>
      result.members.filter((member) => member.role === role).map(({ key }) => key);
    expect(nodesOf('maps')[0]!.spec).toMatchObject({ ndm: keysOf('ndm'), udm: keysOf('udm') });
    expect(result.artifacts.maps).toBe(nodesOf('maps')[0]!.key);
    expect((await handle.describe()).searchAttributes.DdadK).toEqual([4]);
    await expectReplays(handle);
  });

  it('says what was expected, and changes nothing', async () => {
    const handle = await server.start(small);
    await held.until(4);
    const refused = async (argument: unknown) => {
      const error: unknown = await addMembers(handle, argument).catch((reason: unknown) => reason);
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return error.cause?.message;
    };
    expect(await refused({ k: 2 })).toBe(
      'k: expected more than the 2 members per role that the run has, got 2',
    );
    expect(await refused({ k: 65 })).toMatch(/^k: .*64.*, got 65$/);
    expect(await refused({ k: 2.5 })).toMatch(/^k: expected int.*, got 2.5$/);
    expect(await refused({ k: 5, more: true })).toBe('more: unknown field');
    expect(await refused(undefined)).toMatch(/^expected object/);
    held.finishAll();
    expect(((await handle.result()) as RunResult).k).toBe(2);
    expect(held.begun).toHaveLength(4);
    await expectReplays(handle);
  });

  it.each(['maps', 'refiner dual', 'evaluation'])(
    'is taken while there is %s, and has that made anew of all members',
    async (stage) => {
      const { promise: end, resolve: finish } = Promise.withResolvers<void>();
      const { promise: there, resolve: arrive } = Promise.withResolvers<void>();
      let holds = true;
      makeBy(
        fakes,
        ({ id }) => id === stage && holds,
        async (args) => {
          made.push(args);
          arrive();
          await working(end);
          return madeNode(args);
        },
      );
      const handle = await server.start(small);
      await held.until(4);
      held.finishAll();
      await there;
      holds = false;
      expect((await addMembers(handle, { k: 3 })).added).toMatchObject([
        { role: 'ndm', index: 2 },
        { role: 'udm', index: 2 },
      ]);
      finish();
      await held.until(6);
      held.finishAll();
      const result = (await handle.result()) as RunResult;
      expect(result.members).toHaveLength(6);
      const maps = nodesOf('maps').at(-1)!;
      expect((maps.spec as { ndm: string[] }).ndm).toHaveLength(3);
      expect(result.artifacts.maps).toBe(maps.key);
      await expectReplays(handle);
    },
  );

  it('is taken while the run is still planned, and while its report is written', async () => {
    const { promise: planned, resolve: plan } = Promise.withResolvers<void>();
    const { plan: earnest, publishReport } = fakes;
    fakes.plan = async (raw) => {
      await planned;
      return earnest(raw);
    };
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    const { promise: writing, resolve: begin } = Promise.withResolvers<void>();
    fakes.publishReport = async (...args) => {
      begin();
      await written;
      return publishReport(...args);
    };
    const handle = await server.start({ ...small, unlabeled: 0 });
    const early = addMembers(handle, { k: 3 });
    plan();
    expect((await early).added).toMatchObject([{ role: 'ndm', index: 2 }]);
    await held.until(3);
    held.finishAll();
    await writing;
    expect((await addMembers(handle, { k: 4 })).added).toMatchObject([{ role: 'ndm', index: 3 }]);
    write();
    await held.until(4);
    held.finishAll();
    const result = (await handle.result()) as RunResult;
    expect(result.members.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(result.k).toBe(4);
    await expectReplays(handle);
  });

  it('is refused by a run of MC Dropout, which has one network per role', async () => {
    const handle = await server.start({ ...small, k: 1, uncertainty: 'dropout' });
    await held.until(2);
    const error: unknown = await addMembers(handle, { k: 3 }).catch((reason: unknown) => reason);
    expect((error as WorkflowUpdateFailedError).cause?.message).toBe(
      'expected a run of an ensemble, this one is of MC Dropout (uncertainty "dropout"): it has one network per role',
    );
    held.finishAll();
    const result = (await handle.result()) as RunResult;
    expect(result).toMatchObject({ k: 1, dropout: { rate: 0.1, passes: 256, refinerPasses: 16 } });
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual(['ndm 0', 'udm 0']);
    expect((nodesOf('maps')[0]!.spec as { dropout: object }).dropout).toMatchObject({ passes: 256 });
    await expectReplays(handle);
  });

  it('is taken by a paused run, which trains the new members once it goes on', async () => {
    const handle = await server.start({ ...small, unlabeled: 0 });
    await held.until(2);
    await handle.signal(pauseSignal);
    await progressUntil(handle, ({ stage }) => stage === 'paused');
    expect((await addMembers(handle, { k: 3 })).added).toMatchObject([{ role: 'ndm', index: 2 }]);
    const progress = await progressUntil(handle, () => true);
    expect(progress).toMatchObject({ stage: 'paused', input: { k: 3 } });
    expect(held.begun).toHaveLength(2);
    await handle.signal(resumeSignal);
    await held.until(5);
    held.finishAll();
    expect(((await handle.result()) as RunResult).members).toHaveLength(3);
    await expectReplays(handle);
  });
});
