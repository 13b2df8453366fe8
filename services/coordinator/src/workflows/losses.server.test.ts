import { type RunResult, seedOf } from '@ddad/contract';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import type { MakeArgs } from '../activities/make.ts';
import { isMember, madeNode, makeBy, recordNodes, resultOf, working } from './fake-activities.testing.ts';
import { fakesEachTest } from './fakes-each-test.testing.ts';
import { expectReplays, failureOf, progressUntil } from './run-expectations.testing.ts';
import { small, type WorkflowServer } from './workflow-server.testing.ts';

let server: WorkflowServer;
let fakes: Activities;
let made: MakeArgs[];

fakesEachTest((shared, fresh) => {
  server = shared;
  fakes = fresh;
  made = [];
});

/** Trains members at once, except where `fail` throws, and notes all nodes. */
function train(fail: (id: string, args: MakeArgs) => Promise<void> | void): void {
  makeBy(fakes, isMember, async (args) => {
    await fail(args.id, args);
    return madeNode(args);
  });
  made = recordNodes(fakes);
}

const trained = () => made.filter(isMember);
const names = () => trained().map(({ id }) => id);
const nodesOf = (id: string) => made.filter((args) => args.id === id);
const seedIn = ({ spec }: MakeArgs) => (spec as { seed: number }).seed;
const nan = () => ApplicationFailure.nonRetryable('loss is NaN in epoch 3', 'Diverged');
const gone = () => ApplicationFailure.nonRetryable('5 attempts in a row got no further', 'NoProgress');

describe('a member that diverges', () => {
  it('is trained once more with its next seed, and the result says so', async () => {
    const first = seedOf(0, 'ndm', 1);
    const next = seedOf(0, 'ndm', 1, 1);
    train((_, args) => {
      if (seedIn(args) === first) throw nan();
    });
    const handle = await server.start(small);
    const result = (await handle.result()) as RunResult;
    expect(names().sort()).toEqual(
      ['ndm 0', 'ndm 1', 'ndm 1', 'udm 0', 'udm 1'].map((name) => `member ${name}`),
    );
    expect(result.members[1]).toMatchObject({ role: 'ndm', index: 1, seed: next, divergedSeed: first });
    expect(result.members.map(({ divergedSeed }) => divergedSeed)).toEqual([
      undefined,
      first,
      undefined,
      undefined,
    ]);
    expect(result.members.map(({ restarts }) => restarts)).toEqual([0, 1, 0, 0]);
    expect(result.failedMembers).toBeUndefined();
    // Maps and refiners are those of the members there are.
    const keys = result.members.map(({ key }) => key);
    expect(nodesOf('maps')[0]!.spec).toMatchObject({ ndm: keys.slice(0, 2), udm: keys.slice(2) });
    expect(result.artifacts.maps).toBe(nodesOf('maps')[0]!.key);
    const progress = await progressUntil(handle, () => true);
    expect(progress.nodes[1]).toMatchObject({ member: { seed: next }, key: keys[1], state: 'finished' });
    await expectReplays(handle);
  });

  it('fails the run when it diverges again, named with both seeds', async () => {
    train((name) => {
      if (name === 'member udm 0') throw nan();
    });
    const handle = await server.start(small);
    const failure = await failureOf(handle);
    const tries = nodesOf('member udm 0');
    const [first, next] = [seedOf(0, 'udm', 0), seedOf(0, 'udm', 0, 1)];
    expect(tries.map(seedIn)).toEqual([first, next]);
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect(failure.message).toBe(
      `member udm 0 (key ${tries[1]!.key}) failed: diverged with seed ${first} and with seed ${next}: ` +
        'loss is NaN in epoch 3',
    );
    expect(nodesOf('maps')).toEqual([]);
    await expectReplays(handle);
  });
});

describe('a node that is no member and diverges', () => {
  const refiner = ({ id }: MakeArgs) => id === 'refiner intra';

  it('is made once more with its next seed, and the result says so', async () => {
    train(() => {});
    const seeds: number[] = [];
    makeBy(fakes, refiner, async (args) => {
      seeds.push(seedIn(args));
      if (seeds.length === 1) throw nan();
      return madeNode(args);
    });
    const handle = await server.start(small);
    const { nodes = [], members } = (await handle.result()) as RunResult;
    const [divergedSeed, seed] = seeds;
    expect(seed).not.toBe(divergedSeed);
    expect(nodes.find(({ id }) => id === 'refiner intra')).toMatchObject({ divergedSeed, seed });
    expect(nodes.filter((node) => node.divergedSeed !== undefined || node.seed !== undefined)).toHaveLength(
      1,
    );
    expect(members.every((member) => member.divergedSeed === undefined)).toBe(true);
    await expectReplays(handle);
  });

  it('fails the run when it diverges again, named with both seeds', async () => {
    train(() => {});
    const seeds: number[] = [];
    makeBy(fakes, refiner, async (args) => {
      seeds.push(seedIn(args));
      throw nan();
    });
    const failure = await failureOf(await server.start(small));
    expect(seeds).toHaveLength(2);
    expect(failure.message).toMatch(/^refiner intra \(key [0-9a-f]{64}\) failed: diverged with seed /);
    expect(failure.message).toContain(
      `diverged with seed ${seeds[0]} and with seed ${seeds[1]}: loss is NaN in epoch 3`,
    );
  });
});

describe('minMembers', () => {
  it('lets the run go on with the members there are, and the result names the others', async () => {
    train((name) => {
      if (name === 'member ndm 1') throw gone();
      if (name === 'member udm 2') throw nan();
    });
    const handle = await server.start({ ...small, k: 3, minMembers: 2 });
    const result = (await handle.result()) as RunResult;
    expect(result).toMatchObject({ k: 3, kPerRole: { ndm: 2, udm: 2 } });
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'ndm 0',
      'ndm 2',
      'udm 0',
      'udm 1',
    ]);
    const seeds = [seedOf(0, 'udm', 2), seedOf(0, 'udm', 2, 1)];
    expect(result.failedMembers).toEqual([
      { role: 'ndm', index: 1, reason: '5 attempts in a row got no further' },
      {
        role: 'udm',
        index: 2,
        reason: `diverged with seed ${seeds[0]} and with seed ${seeds[1]}: loss is NaN in epoch 3`,
      },
    ]);
    const keys = result.members.map(({ key }) => key);
    expect(nodesOf('maps')[0]!.spec).toMatchObject({ ndm: keys.slice(0, 2), udm: keys.slice(2) });
    const { nodes } = await progressUntil(handle, () => true);
    expect(nodes.flatMap(({ id, state }) => (state === 'failed' ? [id] : []))).toEqual([
      'member ndm 1',
      'member udm 2',
    ]);
    await expectReplays(handle);
  });

  it('fails the run once too few are left, and ends the others first', async () => {
    const stopped: string[] = [];
    let begun = 0;
    const { promise: all, resolve: allBegun } = Promise.withResolvers<void>();
    train(async (name) => {
      begun += 1;
      if (begun === 6) allBegun();
      await all;
      if (name === 'member ndm 0' || name === 'member ndm 2') throw gone();
      await working(undefined, async () => void stopped.push(name));
    });
    const handle = await server.start({ ...small, k: 3, minMembers: 2 });
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect(failure.message).toMatch(
      /^member ndm [02] \(key [0-9a-f]{64}\) failed: 5 attempts in a row got no further \(1 ndm members are left, expected at least 2\)$/,
    );
    expect(stopped.sort()).toEqual(['ndm 1', 'udm 0', 'udm 1', 'udm 2'].map((name) => `member ${name}`));
    await expectReplays(handle);
  });
});

describe('a published artifact that a later stage finds damaged', () => {
  const damaged = (kind: string, key: string) =>
    ApplicationFailure.create({
      message: 'published artifacts are damaged',
      type: 'DamagedArtifact',
      nonRetryable: true,
      details: [[{ kind, key, fault: 'expected 9 bytes, found none' }]],
    });

  it('is made again, alone of the members, and the result says why', async () => {
    train(() => {});
    let tries = 0;
    makeBy(
      fakes,
      ({ id }) => id === 'maps',
      async (args) => {
        tries += 1;
        if (tries === 1) throw damaged('members', args.needs[3]!.key);
        return madeNode(args);
      },
    );
    const handle = await server.start(small);
    const result = (await handle.result()) as RunResult;
    expect(names().slice(4)).toEqual(['member udm 1']);
    expect(trained()[4]).toMatchObject({ finished: false, replaced: 'expected 9 bytes, found none' });
    expect(tries).toBe(2);
    expect(result.members.map(({ replaced }) => replaced)).toEqual([
      undefined,
      undefined,
      undefined,
      'expected 9 bytes, found none',
    ]);
    await expectReplays(handle);
  });

  it('needs no training where it is no member', async () => {
    train(() => {});
    let reports = 0;
    fakes.publishReport = async (facts, evaluation) => {
      reports += 1;
      if (reports === 1) throw damaged('scored-evaluations', evaluation);
      return resultOf(facts);
    };
    const handle = await server.start(small);
    await handle.result();
    expect(trained()).toHaveLength(4);
    expect(nodesOf('evaluation')).toHaveLength(2);
    expect(nodesOf('maps')).toHaveLength(1);
    await expectReplays(handle);
  });

  it('fails the run where it is damaged again and again', async () => {
    train(() => {});
    let tries = 0;
    makeBy(
      fakes,
      ({ id }) => id === 'maps',
      async ({ needs }) => {
        tries += 1;
        throw damaged('members', needs[0]!.key);
      },
    );
    const handle = await server.start(small);
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'StageFailed' });
    expect(failure.message).toMatch(/^maps \(key [0-9a-f]{64}\) failed: published artifacts are damaged$/);
    expect(tries).toBe(4);
    await expectReplays(handle);
  });
});
