import type { AddMembersResult, RunProgress, RunResult } from '@ddad/contract';
import { addMembersUpdate } from '@ddad/contract';
import { readManifest } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { distancesKind, slowMethod, squaresKind, walkKind } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([
    startTestCluster({ env: { METHODS: slowMethod, PROGRESS_INTERVAL_S: '0.5' } }),
    smallDataset(),
  ]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

interface Stage {
  /** Title of the stage at which members are added. */
  stage: string;
  /** A node that is to be at work then; none for the stages that make none. */
  node?: string;
  /** Rests that make the stage long enough to be met. */
  slow?: object;
}

/** A run with a seed of its own, so that nothing of another one is found finished. */
const inputOf = (seed: number, slow: object = {}) => ({
  dataset: 'small',
  method: 'slow',
  seed,
  k: 2,
  epochs: 3,
  restMs: 0,
  scoreRestMs: 0,
  ...slow,
});

test.each<[Stage, number]>([
  [{ stage: 'planning' }, 1],
  [{ stage: 'training', node: 'member walk 0', slow: { epochs: 60, restMs: 50 } }, 2],
  [{ stage: 'maps', node: 'distances', slow: { scoreRestMs: 60 } }, 3],
  [{ stage: 'refining', node: 'squares', slow: { scoreRestMs: 60 } }, 4],
  [{ stage: 'report' }, 5],
])(
  'members are added at %o: all that is scored is scored anew, of all',
  async ({ stage, node, slow }, seed) => {
    const { workflow } = cluster.temporal;
    const handle = await workflow.start('trainEnsemble', {
      taskQueue: 'ddad',
      workflowId: `grown-at-${stage}`,
      args: [inputOf(seed, slow)],
    });
    const progress = () => handle.query<RunProgress>('progress');
    if (stage !== 'planning') {
      await expect
        .poll(
          async () => {
            const { stage: at, nodes } = await progress();
            const working =
              node === undefined || nodes.some(({ id, state }) => id === node && state === 'running');
            return working ? at : 'not yet';
          },
          { timeout: 120_000, interval: 20 },
        )
        .toBe(stage);
    }
    const { k, added } = await handle.executeUpdate<AddMembersResult, [{ k: number }]>(addMembersUpdate, {
      args: [{ k: 4 }],
    });
    expect(k).toBe(4);
    expect(added.map(({ role, index }) => `${role} ${index}`)).toEqual(['walk 2', 'walk 3']);

    const result = (await handle.result()) as RunResult;
    expect(result.k).toBe(4);
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'walk 0',
      'walk 1',
      'walk 2',
      'walk 3',
    ]);
    expect(result.members.slice(2).map(({ key }) => key)).toEqual(added.map(({ key }) => key));
    // What the report's scores come from was made of all four, and each of them is there.
    const { nodes } = await progress();
    const keyOf = (id: string) => nodes.find((one) => one.id === id)!.key;
    const distances = await readManifest(cluster.store, distancesKind.kind, keyOf('distances'));
    expect(distances?.spec).toMatchObject({ walks: result.members.map(({ key }) => key) });
    const squares = await readManifest(cluster.store, squaresKind.kind, keyOf('squares'));
    expect(squares?.spec).toMatchObject({ distances: keyOf('distances') });
    for (const { key } of result.members)
      expect(await readManifest(cluster.store, walkKind.kind, key)).not.toBeNull();
    if (stage !== 'report') return;
    // A run of four from the beginning finds all of it, and scores the same.
    const whole = (await (
      await workflow.start('trainEnsemble', {
        taskQueue: 'ddad',
        workflowId: `whole-${stage}`,
        args: [{ ...inputOf(seed, slow), k: 4 }],
      })
    ).result()) as RunResult;
    expect(whole.members.map(({ key, reused }) => ({ key, reused }))).toEqual(
      result.members.map(({ key }) => ({ key, reused: true })),
    );
    expect(whole.scores).toEqual(result.scores);
  },
);
