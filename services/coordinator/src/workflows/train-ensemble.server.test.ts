import type { RunFacts, RunProgress, RunResult } from '@ddad/contract';
import { taskQueue, workflowType } from '@ddad/contract';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import type { MakeArgs } from '../activities/make.ts';
import { nodeProgressSignal, toRow } from '../node-progress.ts';
import { isMember, madeNode, makeBy, recordNodes, resultOf, working } from './fake-activities.testing.ts';
import { fakesEachTest } from './fakes-each-test.testing.ts';
import { expectReplays, failureOf } from './run-expectations.testing.ts';
import { small, type WorkflowServer } from './workflow-server.testing.ts';

let server: WorkflowServer;
let fakes: Activities;
let made: MakeArgs[];
let reported: RunFacts[];

fakesEachTest((shared, fresh) => {
  server = shared;
  fakes = fresh;
  made = recordNodes(fakes);
  reported = [];
  fakes.publishReport = async (facts) => {
    reported.push(facts);
    return resultOf(facts);
  };
});

const ids = () => made.map(({ id }) => id);
const node = (id: string): MakeArgs => {
  const found = made.find((one) => one.id === id);
  if (found === undefined) throw new Error(`expected ${id} to be made, got ${ids().join(', ')}`);
  return found;
};

/** Values of a search attribute in the order in which a run set them. */
async function valuesOf(handle: WorkflowHandle, name: string): Promise<unknown[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upserted }) => {
    const data = upserted?.searchAttributes?.indexedFields?.[name]?.data;
    return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as unknown] : [];
  });
}

it('leaves a line of the audit where it is started and where it is cancelled, with who did it', async () => {
  makeBy(fakes, isMember, async (args) => {
    await working();
    return madeNode(args);
  });
  const handle = await server.start(small);
  const { workflowId } = handle;
  const lines = () => server.audited.filter((entry) => entry.workflowId === workflowId);
  await expect.poll(lines, { timeout: 20_000 }).toHaveLength(1);
  await handle.cancel();
  await handle.result().catch(() => {});
  await expect.poll(lines, { timeout: 20_000 }).toHaveLength(2);
  const { runId } = await handle.describe();
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  expect(lines()).toEqual(
    ['run started', 'run cancelled'].map((action) => ({ action, who: 'ada@ward-7', at, workflowId, runId })),
  );
});

describe('a run', () => {
  it('can be found by how far it is and, once it is finished, by the AUC of its main score', async () => {
    fakes.publishReport = async (facts) => {
      const definitions = facts.definitions!;
      const highest = Math.max(...definitions.map(({ rank }) => rank));
      const scores = Object.fromEntries(
        definitions.map(({ name, rank }) => {
          const auc = rank === highest ? 0.9 : 0.6;
          return [name, { auc, ap: 0.5, aucMean: auc, aucStd: 0 }];
        }),
      );
      return { ...resultOf(facts), scores };
    };
    const handle = await server.start(small);
    await handle.result();
    expect(await valuesOf(handle, 'DdadStatus')).toEqual([
      'training',
      'maps',
      'refining',
      'report',
      'finished',
    ]);
    expect(await valuesOf(handle, 'DdadAuc')).toEqual([0.9]);
    const found = async (query: string) => {
      const ids: string[] = [];
      for await (const { workflowId } of server.client.workflow.list({ query })) ids.push(workflowId);
      return ids;
    };
    const mine = `WorkflowId = '${handle.workflowId}'`;
    await expect.poll(() => found(`${mine} AND DdadAuc > 0.8 AND DdadStatus = 'finished'`)).toHaveLength(1);
    expect(await found(`${mine} AND DdadAuc < 0.8`)).toEqual([]);
    await expectReplays(handle);
  });

  it('trains all members at once, then makes maps and refiners, refines, evaluates and reports', async () => {
    const { promise: all, resolve: allThere } = Promise.withResolvers<void>();
    let begun = 0;
    makeBy(fakes, isMember, async (args) => {
      made.push(args);
      begun += 1;
      if (begun === 4) allThere();
      // Ends only if the others are under way too.
      await all;
      return madeNode(args);
    });
    const handle = await server.start({ ...small, seed: 3 });
    const result = (await handle.result()) as RunResult;

    expect(result).toMatchObject({
      dataset: 'tiny',
      method: 'ddad',
      synthetic: true,
      backbone: 'aeu',
      k: 2,
      seed: 3,
      scores: null,
    });
    const { runId } = await handle.describe();
    expect(result.runId).toBe(runId);
    expect(result.files.page).toBe(`reports/${runId}/report.html`);
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'ndm 0',
      'ndm 1',
      'udm 0',
      'udm 1',
    ]);
    expect(new Set(ids().slice(0, 4))).toEqual(
      new Set(['member ndm 0', 'member ndm 1', 'member udm 0', 'member udm 1']),
    );
    expect(ids().slice(4, 8).sort()).toEqual([
      ...['dual-space uncertainty', 'maps', 'refiner dual', 'refiner intra'],
    ]);
    expect(ids().slice(8, 10).sort()).toEqual(['refined dual', 'refined intra']);
    expect(ids().slice(10)).toEqual(['highest pixels', 'evaluation']);
    expect(result.artifacts).toEqual({
      maps: node('maps').key,
      dsu: node('dual-space uncertainty').key,
      rDual: node('refiner dual').key,
      rIntra: node('refiner intra').key,
    });
    expect(node('refined dual').spec).toEqual({
      maps: node('maps').key,
      refiner: node('refiner dual').key,
    });
    const { total, ...stages } = result.seconds;
    expect(Object.keys(stages)).toEqual(['plan', 'train', 'maps', 'refine', 'report']);
    const sum = Object.values(stages).reduce((a, b) => a + b, 0);
    expect(Math.abs(total! - sum)).toBeLessThan(0.5);
    // Small enough for a payload many times over; no list of images travels.
    expect(JSON.stringify(result).length).toBeLessThan(12_000);
    for (const { images } of made) expect(Array.isArray(images)).toBe(false);

    const progress = await handle.query<RunProgress>('progress');
    expect(progress.stage).toBe('finished');
    expect(progress.stages).toEqual(['planning', 'training', 'maps', 'refining', 'report', 'finished']);
    expect(progress.nodes.map(({ id, state }) => [id, state])).toEqual(
      [
        ...['member ndm 0', 'member ndm 1', 'member udm 0', 'member udm 1', 'maps'],
        'dual-space uncertainty',
        ...['refiner dual', 'refiner intra', 'refined dual', 'refined intra'],
        ...['highest pixels', 'evaluation'],
      ].map((id) => [id, 'finished']),
    );
    await expectReplays(handle);
  });

  it('is logged in MLflow where that is set, with its page and whole time', async () => {
    const logged: [RunResult, string][] = [];
    fakes.logToMlflow = async (result, workflowId) => {
      logged.push([result, workflowId]);
      return { url: 'http://mlflow/run', without: [] };
    };
    await (await server.start(small)).result();
    expect(logged).toEqual([]);

    const { plan } = fakes;
    fakes.plan = async (raw) => ({ ...(await plan(raw)), mlflow: true });
    const handle = await server.start(small);
    const result = (await handle.result()) as RunResult;
    expect(result).not.toHaveProperty('notes');
    const [[told, workflowId] = []] = logged;
    expect(workflowId).toBe(handle.workflowId);
    expect(told).toMatchObject({
      runId: result.runId,
      files: result.files,
      input: { dataset: 'tiny', k: 2 },
    });
    expect(told?.seconds.total).toBeGreaterThan(0);
    await expectReplays(handle);
  });

  it('notes what MLflow has not of it, and takes what coordinators of versions before told', async () => {
    const { plan } = fakes;
    fakes.plan = async (raw) => ({ ...(await plan(raw)), mlflow: true });
    fakes.logToMlflow = async () => ({ url: 'http://mlflow/run', without: ['the ONNX model: no student'] });
    const result = (await (await server.start(small)).result()) as RunResult;
    expect(result.notes).toEqual(['MLflow: the run was logged without the ONNX model: no student']);

    fakes.logToMlflow = async () => 'http://mlflow/run' as never;
    expect(await (await server.start(small)).result()).not.toHaveProperty('notes');
  });

  it('does not fail for want of MLflow, and notes why it was not logged', async () => {
    const { plan } = fakes;
    fakes.plan = async (raw) => ({ ...(await plan(raw)), mlflow: true });
    fakes.logToMlflow = async () => {
      throw ApplicationFailure.nonRetryable('no answer: ECONNREFUSED');
    };
    const result = (await (await server.start(small)).result()) as RunResult;
    expect(result.notes).toEqual(['MLflow: the run could not be logged: no answer: ECONNREFUSED']);
    expect(result.files.page).not.toBeNull();
  });

  it('can be found by dataset, method, backbone and K, and names its activities for people', async () => {
    expect(server.searchAttributes).toBe(true);
    const handle = await server.start(small);
    await handle.result();
    expect((await handle.describe()).searchAttributes).toMatchObject({
      DdadDataset: ['tiny'],
      DdadMethod: ['ddad'],
      DdadBackbone: ['aeu'],
      DdadK: [2],
    });
    const { events } = await handle.fetchHistory();
    // Temporal's UI shows of pending activities their ids, and no summaries.
    const scheduled = (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityId ?? [],
    );
    expect(scheduled).toEqual(
      expect.arrayContaining(['member ndm 0', 'member udm 1', 'maps', 'refiner dual', 'evaluation']),
    );
    const summaries = (events ?? []).flatMap(({ userMetadata }) => {
      const data = userMetadata?.summary?.data;
      return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as string] : [];
    });
    expect(summaries.slice(0, 5)).toEqual([
      'plan',
      'member ndm 0',
      'member ndm 1',
      'member udm 0',
      'member udm 1',
    ]);
    // What needs the same is named in the order in which it became ready: some need no UDM.
    expect(summaries.slice(5, -4).sort()).toEqual([
      'dual-space uncertainty',
      'maps',
      'refined dual',
      'refined intra',
      'refiner dual',
      'refiner intra',
    ]);
    expect(summaries.slice(-4)).toEqual(['highest pixels', 'evaluation', 'report', 'page']);
  });

  it('has neither UDM nor dual refiner in the one-class mode', async () => {
    const handle = await server.start({ ...small, unlabeled: 0 });
    const result = (await handle.result()) as RunResult;
    expect(result.members.map(({ role }) => role)).toEqual(['ndm', 'ndm']);
    expect(ids().filter((id) => id.startsWith('refiner'))).toEqual(['refiner intra']);
    expect(result.artifacts.rDual).toBeNull();
  });

  it('scores held-out and unlabeled images as it scores test images', async () => {
    const handle = await server.start({ ...small, calibration: 0.34, falsePositiveRate: 0.4 });
    const result = (await handle.result()) as RunResult;
    expect(node('reference maps').images).toBe('reference');
    expect(result.artifacts.maps).toBe(node('maps').key);
    for (const input of ['dual', 'intra']) {
      expect(node(`reference refined ${input}`).spec).toEqual({
        maps: node('reference maps').key,
        refiner: node(`refiner ${input}`).key,
      });
    }
    expect(node('evaluation').needs).toContainEqual({ kind: 'maps', key: node('reference maps').key });
    await expectReplays(handle);
  });

  it('trains no refiner where none is wanted, and reports all the same', async () => {
    const handle = await server.start({ ...small, refiner: false });
    const result = (await handle.result()) as RunResult;
    expect(ids().filter((id) => id.includes('refine'))).toEqual([]);
    const dsu = node('dual-space uncertainty').key;
    expect(result.artifacts).toEqual({ maps: node('maps').key, dsu, rIntra: null, rDual: null });
    expect(result.seconds.refine).toBe(0);
    expect(reported).toHaveLength(1);
    await expectReplays(handle);
  });

  it('makes no maps without test images, and trains the refiner all the same', async () => {
    const result = (await (await server.start({ ...small, dataset: 'plain' })).result()) as RunResult;
    // Without scores an evaluation needs nothing, and may come first.
    expect(ids().sort()).toEqual(['evaluation', 'member ndm 0', 'member ndm 1', 'refiner intra']);
    expect(result.artifacts.maps).toBeNull();
    expect(result.seconds.maps).toBe(0);
  });

  it('is a good run without its page where that cannot be made', async () => {
    fakes.makePage = async () => {
      throw ApplicationFailure.nonRetryable('no fonts');
    };
    const result = (await (await server.start(small)).result()) as RunResult;
    expect(result.files.page).toBeNull();
    expect(result.members).toHaveLength(4);
  });
});

describe('a failure', () => {
  it('of the input lists all faults as the failure of the run itself, before any training', async () => {
    const handle = await server.start({ dataset: 'tiny', k: 1, epochs: 0, batchSize: 100, colour: 'red' });
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    for (const path of ['k: ', 'epochs: ', 'batchSize: ', 'colour: ', 'refiner.batchSize: ']) {
      expect(failure.message).toContain(path);
    }
    expect((failure as ApplicationFailure).details![0]).toHaveLength(5);
    expect(made).toEqual([]);
    await expectReplays(handle);
  });

  it('of the input shows where a run is started without any', async () => {
    const handle = await server.client.workflow.start(workflowType, {
      taskQueue,
      workflowId: 'no-input',
      args: [],
    });
    expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput' });
  });

  it('of a member names role, index and key, and ends the other members first', async () => {
    const ended: string[] = [];
    makeBy(fakes, isMember, async (args) => {
      made.push(args);
      if (args.position === 2) throw ApplicationFailure.nonRetryable('no such layer', 'InvalidJob');
      try {
        await working();
        return madeNode(args);
      } finally {
        ended.push(args.id);
      }
    });
    const handle = await server.start(small);
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect(failure.message).toBe(`member udm 0 (key ${node('member udm 0').key}) failed: no such layer`);
    expect(ended.sort()).toEqual(['member ndm 0', 'member ndm 1', 'member udm 1']);
    expect(ids()).not.toContain('maps');
    await expectReplays(handle);
  });
});

it('is cancelled only once every activity has confirmed', async () => {
  const { promise: underWay, resolve: allUnderWay } = Promise.withResolvers<void>();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: heard, resolve: allHeard } = Promise.withResolvers<void>();
  let [begun, waiting] = [0, 0];
  makeBy(fakes, isMember, async (args) => {
    begun += 1;
    if (begun === 4) allUnderWay();
    await working(undefined, async () => {
      waiting += 1;
      if (waiting === 4) allHeard();
      // The trainer takes its time to stop.
      await stopped;
    });
    return madeNode(args);
  });
  const handle = await server.start(small);
  await underWay;
  await handle.cancel();
  await heard;
  expect((await handle.describe()).status.name).toBe('RUNNING');
  stop();
  expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(reported).toEqual([]);
  await expectReplays(handle);
});

describe('progress', () => {
  it('says how the method differs from its source before anything is trained', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const { promise: underWay, resolve: begin } = Promise.withResolvers<void>();
    makeBy(fakes, isMember, async (args) => {
      begin();
      await end;
      return madeNode(args);
    });
    const deviations = ['no pretrained weights', 'size 64 instead of 256'];
    const plan = fakes.plan;
    fakes.plan = async (raw) => {
      const planned = await plan(raw);
      return { ...planned, about: { ...planned.about, deviations } };
    };
    const handle = await server.start(small);
    await underWay;
    expect((await handle.query<RunProgress>('progress')).deviations).toEqual(deviations);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain(
      'differs from its source: no pretrained weights; size 64 instead of 256\n',
    );
    finish();
    await handle.result();
    await expectReplays(handle);
  });

  it('reaches query and details by signals, whatever else somebody signals', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const { promise: underWay, resolve: begin } = Promise.withResolvers<void>();
    let begun = 0;
    makeBy(fakes, isMember, async (args) => {
      begun += 1;
      if (begun === 4) begin();
      await end;
      return madeNode(args);
    });
    const handle = await server.start({ ...small, epochs: 20 });
    await underWay;
    await handle.signal(nodeProgressSignal, 'nonsense');
    await handle.signal(nodeProgressSignal, [
      [0, 'x'],
      [99, 1, 2, null, 0, null, 'running'],
      [0, 1, 2, null, 0, null, 'running', 7],
    ]);
    const figures = {
      done: 5,
      total: 20,
      loss: 0.125,
      imagesPerSecond: 2,
      worker: 'gpu|7',
      state: 'running',
    } as const;
    // Why an attempt failed is told once, and known until the node is made.
    await handle.signal(nodeProgressSignal, [
      [...toRow(1, { ...figures, done: 1 }), 'its process was killed'],
    ]);
    await handle.signal(nodeProgressSignal, [toRow(1, figures)]);
    const progress = await handle.query<RunProgress>('progress');
    expect(progress.stage).toBe('training');
    expect(progress.nodes[1]).toMatchObject({
      id: 'member ndm 1',
      madeBy: 'trainer',
      ...figures,
      trouble: 'its process was killed',
    });
    expect(progress.nodes[0]).toMatchObject({ state: 'waiting', done: 0, total: 20 });
    expect(Date.parse(progress.updatedAt!)).toBeGreaterThan(Date.now() - 60_000);

    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('stages: **training** → maps → refining → report');
    // 15 epochs of one batch of 4 at 2 images a second.
    const shown = currentDetails.replaceAll('\u2003', '').replaceAll('\u00a0', ' ');
    expect(shown).toContain('| member ndm 1 | 5 / 20 epochs | 0.1250 | 30 s | gpu\\|7 |');
    finish();
    await handle.result();
    const { nodes } = await handle.query<RunProgress>('progress');
    expect(nodes[1]!.trouble).toBeUndefined();
    await expectReplays(handle);
  });
});
