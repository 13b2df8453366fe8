import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey, runKeys } from '@ddad/contract';
import { type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectedSeconds, MeasuredWork } from './measured-work.ts';

const digest = (letter: string) => letter.repeat(64);
const images = new Set([digest('a')]);
const net = (changes: object = {}) => ({
  width: 8,
  seed: 1,
  epochs: 10,
  imagesDigest: digest('a'),
  ...changes,
});
const wanted = (spec: object, changes: object = {}) => ({
  ...{ kind: 'trained-nets', key: 'k', spec, total: 40, unit: 'epoch' as const },
  ...changes,
});
const took = (spec: object, seconds: number, kind = 'trained-nets') => ({ kind, spec, seconds });
const secondsOf = (node: ReturnType<typeof wanted>, measured: ReturnType<typeof took>[]) =>
  expectedSeconds([node], measured, images).get('k');

describe('how long a node takes', () => {
  it('follows from the epochs of the like, whatever their seeds and number', () => {
    // 10 epochs in 20, 30 and 100 s: 3 s an epoch by the median, of which 40 are wanted.
    const measured = [20, 30, 100].map((seconds, seed) => took(net({ seed }), seconds));
    expect(secondsOf(wanted(net({ seed: 9, epochs: 40 })), measured)).toBe(120);
  });

  it('does not follow from what has other settings, other images, or is of another kind', () => {
    expect(secondsOf(wanted(net()), [took(net({ width: 16 }), 20)])).toBeUndefined();
    expect(secondsOf(wanted(net()), [took(net({ imagesDigest: digest('b') }), 20)])).toBeUndefined();
    expect(secondsOf(wanted(net()), [took(net(), 20, 'trained-heads')])).toBeUndefined();
  });

  it('of a training that reads others of its kind grows with their number by what it grew before', () => {
    const member = (earlier: number) =>
      net({
        repulsion: { weight: 1, earlier: Array.from({ length: earlier }, (_, i) => digest(String(i))) },
      });
    const after = (earlier: number, measured: ReturnType<typeof took>[]) =>
      secondsOf(wanted(member(earlier), { total: 10 }), measured);
    // 10 epochs in 110 s after one other and 120 s after two: 10 s more with each.
    const both = [took(member(1), 110), took(member(2), 120)];
    expect([3, 4, 5].map((earlier) => after(earlier, both))).toEqual([
      expect.closeTo(130, 9),
      expect.closeTo(140, 9),
      expect.closeTo(150, 9),
    ]);
    // As many were seen: by those alone.
    expect(after(2, [...both, took(member(2), 140)])).toBeCloseTo(130, 9);
    // One number alone shows no growth.
    expect(after(5, [took(member(1), 110), took(member(1), 130)])).toBeCloseTo(120, 9);
    // A busy worker's 90 s and an idle one's 30 s: more of them take no less, 60 s by the mean; nor more than in proportion to 1.5 of them.
    expect(after(3, [took(member(1), 90), took(member(2), 30)])).toBeCloseTo(60, 9);
    expect(after(3, [took(member(1), 30), took(member(2), 130)])).toBeCloseTo(160, 9);
  });

  it('of images is that of as many networks, else in proportion to their number', () => {
    const maps = (count: number) => ({ members: Array.from({ length: count }, (_, i) => digest(String(i))) });
    const node = wanted(maps(5), { kind: 'scored-maps', total: 200, unit: 'image' });
    const three = took(maps(3), 30, 'scored-maps');
    expect(secondsOf(node, [three])).toBeCloseTo(50, 9);
    expect(secondsOf(node, [three, took(maps(5), 44, 'scored-maps')])).toBe(44);
  });
});

describe('what was measured', () => {
  let store: ObjectStore;
  beforeEach(() => {
    store = memoryStore();
  });

  /** A finished run on a dataset that made one network. */
  async function run(runId: string, datasetDigest: string, seconds: number): Promise<void> {
    const spec = net({ seed: Number(runId) });
    const key = artifactKey(spec);
    const path = join(tmpdir(), `ddad-measured-${process.pid}`);
    await writeFile(path, 'weights');
    const work = { loss: null, seconds, worker: 'w', environment: {}, files: { weights: path } };
    await publishArtifact(store, { kind: 'trained-nets', key, spec, ...work });
    const report = {
      ...{ runId, dataset: 'd', datasetDigest, synthetic: true, seed: 1, members: [], artifacts: {} },
      nodes: [{ id: 'net', kind: 'trained-nets', key, unit: 'epoch' }],
      ...{ seconds: {}, images: { normal: 1, abnormal: 0 }, scores: {} },
      files: { report: runKeys.report(runId), page: null, scores: null },
    };
    await store.put(runKeys.report(runId), JSON.stringify(report));
  }

  const set = { digest: digest('a'), count: 3 };
  const basis = {
    datasetDigest: digest('d'),
    images: { normal: set, training: null, test: null, reference: null },
  };

  it('is what runs on the same dataset made, and what the run itself found finished', async () => {
    await run('1', digest('d'), 10);
    await run('2', digest('e'), 1000);
    await store.put(runKeys.report('torn'), '{"runId": ');
    const measured = new MeasuredWork(store);
    const node = wanted(net({ seed: 5 }));
    // 1 s an epoch.
    expect((await measured.secondsOf(basis, [node], [])).get('k')).toBe(40);
    const here = [took(net({ seed: 6 }), 30), took(net({ seed: 7 }), 30)];
    expect((await measured.secondsOf(basis, [node], here)).get('k')).toBe(120);
  });
});
