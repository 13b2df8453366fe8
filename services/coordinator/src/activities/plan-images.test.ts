import { createHash } from 'node:crypto';
import { artifactKey, datasetKeys } from '@ddad/contract';
import { readDatasetRecord } from '@ddad/storage';
import { describe, expect, it } from 'vitest';
import { addDataset, addPackings } from '../datasets.testing.ts';
import type { RunPlan } from './plan.ts';
import { keysOf, nodeOf, Planning, specOf } from './planning.testing.ts';

const planning = new Planning();

describe('the images of a plan', () => {
  it('keeps held-out images out of training, and plans what is made of them and the unlabeled ones', async () => {
    const settings = { k: 2, batchSize: 4, refiner: { batchSize: 2 }, falsePositiveRate: 0.4 };
    const bare = await planning.plan({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(bare.nodes.filter(({ images }) => images === 'reference')).toEqual([]);

    const plan = await planning.plan({ ...settings, dataset: 'tiny', calibration: 0.34 });
    // Of 0 to 5, floor(0.34 (g + 1)) grows at g = 2 and 5.
    const digestOf = (...images: number[]) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 4096 * images.length }, (_, at) => images[Math.floor(at / 4096)]!))
        .digest('hex');
    const digestIn = (id: string) => specOf(nodeOf(plan, id)).imagesDigest;
    expect(digestIn('member ndm 0')).toBe(digestOf(0, 1, 3, 4));
    expect(digestIn('member udm 0')).toBe(digestOf(0, 1, 3, 4, 6, 7, 8, 9, 10));
    expect(digestIn('refiner dual')).toBe(digestOf(0, 1, 3, 4));
    expect(digestIn('maps')).toBe(specOf(nodeOf(bare, 'maps')).imagesDigest);
    const { spec, key } = nodeOf(plan, 'reference maps');
    expect(spec).toEqual({
      ...specOf(nodeOf(plan, 'maps')),
      imagesDigest: digestOf(2, 5, 6, 7, 8, 9, 10),
    });
    expect(specOf(nodeOf(plan, 'reference dual-space uncertainty'))).toEqual({
      ...specOf(nodeOf(plan, 'dual-space uncertainty')),
      imagesDigest: digestOf(2, 5, 6, 7, 8, 9, 10),
    });
    for (const input of ['dual', 'intra']) {
      const refiner = nodeOf(plan, `refiner ${input}`).key;
      expect(nodeOf(plan, `reference refined ${input}`).key).toBe(artifactKey({ maps: key, refiner }));
    }

    const validated = await planning.plan({ ...settings, dataset: 'validated' });
    expect(specOf(nodeOf(validated, 'reference maps')).imagesDigest).toBe(digestOf(14, 15, 6, 7, 8, 9, 10));
    expect(keysOf(validated)).toEqual(keysOf(bare));
  });

  it('takes the packing of the size that is asked for, else the usual one', async () => {
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [small, large] = await addPackings(planning.store, 'both', [64, 128]);
    await addPackings(planning.store, 'large', [128]);
    const planned = async (input: object) => {
      const plan = await planning.plan({ ...sizes, ...input });
      const sizeIn = (id: string) => specOf(nodeOf(plan, id)).imageSize;
      return [plan.basis.datasetDigest, sizeIn('member ndm 0'), sizeIn('maps')];
    };
    expect(await planned({ dataset: 'both' })).toEqual([small, 64, 64]);
    expect(await planned({ dataset: 'both', imageSize: 128 })).toEqual([large, 128, 128]);
    expect(await planned({ dataset: 'large' })).toEqual([large, 128, 128]);
    expect((await planning.refusal({ dataset: 'large', ...sizes, imageSize: 64 })).message).toBe(
      'imageSize: expected 128, which large is packed at ("ddad dataset add large DIR --image-size ..." packs it at ' +
        'others), got 64',
    );
    expect((await planning.refusal({ dataset: 'both', ...sizes, imageSize: 100 })).message).toMatch(
      /^imageSize: .*64.*128.*, got 100$/,
    );
  });

  it('has a size named of a dataset that is packed at several, and not at the usual one', async () => {
    const sizes = { dataset: 'big', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [, large] = await addPackings(planning.store, 'big', [256, 128]);
    expect((await planning.refusal({ ...sizes, batchSize: 9 })).message.split('\n')).toEqual([
      'imageSize: expected 128 or 256: big is packed at several sizes, and not at 64 ("ddad dataset add big DIR ' +
        '--image-size ..." packs it at others), got none',
      expect.stringMatching(/^batchSize: /),
    ]);
    expect(await planning.faultsAt({ ...sizes, imageSize: 'large' })).toEqual(['imageSize']);
    expect((await planning.plan({ ...sizes, imageSize: 128 })).basis).toMatchObject({
      ...{ imageSize: 128, datasetDigest: large },
    });
  });

  it('goes on with datasets that were added before there were several sizes', async () => {
    const { packings: _, ...old } = (await readDatasetRecord(planning.store, 'tiny'))!;
    await planning.store.put(datasetKeys.record('tiny'), JSON.stringify(old));
    const sizes = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    expect((await planning.plan(sizes)).basis.datasetDigest).toBe(old.digest);
    expect((await planning.plan({ ...sizes, imageSize: 64 })).basis.datasetDigest).toBe(old.digest);
    expect((await planning.refusal({ ...sizes, imageSize: 128 })).message).toMatch(
      /^imageSize: expected 64, /,
    );
  });

  it('names masks in the evaluation alone, of methods that have maps; all that was trained keeps its key', async () => {
    const small = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    await addDataset(planning.store, 'masked', { masks: { digest: 'e'.repeat(64), images: [13] } });
    const evaluationOf = ({ nodes }: RunPlan) => nodes.find(({ id }) => id === 'evaluation')!;
    const [without, masked] = [
      await planning.plan({ dataset: 'tiny', ...small }),
      await planning.plan({ dataset: 'masked', ...small }),
    ];
    expect(evaluationOf(masked).spec).toMatchObject({ masks: 'e'.repeat(64) });
    expect(evaluationOf(without).spec).not.toHaveProperty('masks');
    const others = ({ nodes }: RunPlan) =>
      nodes.filter(({ id }) => id !== 'evaluation').map(({ key }) => key);
    expect(others(masked)).toEqual(others(without));
    const mapless = await planning.plan({ dataset: 'masked', method: 'cutpaste', batchSize: 4 });
    expect(evaluationOf(mapless).spec).not.toHaveProperty('masks');
  });
});
