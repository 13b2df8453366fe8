import { type Method, type RunSettings, weightsRecordKey } from '@ddad/contract';
import { MethodRegistry, methods } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { addPackings } from '../datasets.testing.ts';
import { foreseeRun } from './foresee.ts';
import { nodeOf, Planning } from './planning.testing.ts';

const planning = new Planning();

describe('a plan of any method', () => {
  it('begins with pretrained weights that were added, once every tensor fits the network', async () => {
    const input = { dataset: 'tiny', method: 'cutpaste', batchSize: 4, unlabeled: 0 };
    const named = { ...input, pretrained: 'mine' };
    expect((await planning.refusal(named)).message).toBe(
      'pretrained: expected the name of weights that were added by "ddad weights add" (there is none yet), got "mine"',
    );
    const { tensors } = methods.method('cutpaste').pretrained!(
      (methods.parseRunInput(named) as { input: RunSettings }).input,
    )!.layout;
    // Every fault at once: weights are looked up whatever else is at fault, but for what cannot be their name.
    expect((await planning.refusal({ ...named, steps: -1 })).message.split('\n')).toEqual([
      expect.stringMatching(/^steps: /),
      expect.stringMatching(/^pretrained: expected the name of weights that were added .* got "mine"$/),
    ]);
    expect(await planning.faultsAt({ ...named, pretrained: 7 })).toEqual(['pretrained']);
    const add = async (of: Readonly<Record<string, readonly number[]>>) => {
      const record = { name: 'mine', key: 'e'.repeat(64), file: 'f'.repeat(64), tensors: of };
      await planning.store.put(
        weightsRecordKey('mine'),
        JSON.stringify({ ...record, addedAt: new Date(0).toISOString() }),
      );
    };
    const { 'bn1.bias': _, ...others } = tensors;
    await add({ ...others, 'conv1.weight': [64, 1, 7, 7], 'layer1.2.conv1.weight': [64, 64, 3, 3] });
    const fault = (text: string) => `pretrained: weights mine: tensor ${text}`;
    expect((await planning.refusal({ ...named, batchSize: 900 })).message.split('\n')).toEqual([
      expect.stringMatching(/^batchSize: /),
      fault('conv1.weight: expected [64, 3, 7, 7] for the ResNet18 of torchvision, got [64, 1, 7, 7]'),
      fault('bn1.bias: expected [64] for the ResNet18 of torchvision, got none'),
      fault(
        'layer1.2.conv1.weight: expected none of this name for the ResNet18 of torchvision, got [64, 64, 3, 3]',
      ),
    ]);
    await add({ ...tensors, 'fc.weight': [1000, 512] });
    const plan = await planning.plan(named);
    expect(nodeOf(plan, 'classifier').needs).toEqual([{ kind: 'weights', key: 'e'.repeat(64) }]);
    expect(plan.about.deviations).not.toContain('no pretrained weights');
    expect((await planning.plan(input)).about.deviations).toContain('no pretrained weights');
    expect((await planning.plan(input)).basis).not.toHaveProperty('pretrained');
  });

  it('takes no unlabeled images where a method has none by default, and those that are asked for', async () => {
    const own = { dataset: 'tiny', method: 'nsa', batchSize: 4 };
    const plain = await planning.plan(own);
    const { normal, training } = plain.basis.images;
    expect(training).toBeNull();
    expect(plain.nodes[0]).toMatchObject({ kind: 'trained-nsa', images: 'normal' });
    const starred = await planning.plan({ ...own, unlabeled: 2 });
    expect(starred.basis.images.training?.count).toBe(normal!.count + 2);
    expect(starred.nodes[0]).toMatchObject({ kind: 'trained-nsa', images: 'training' });
    expect(starred.nodes[0]!.spec).toMatchObject({ normals: normal!.count });
  });

  it('says whether anything is trained on the unlabeled images, which methods that have no use for them score alone', async () => {
    const told = async (input: object) => {
      const { trainsOnUnlabeled, unlabeled } = (await planning.plan({ dataset: 'tiny', ...input })).data!;
      return [trainsOnUnlabeled, unlabeled.images > 0];
    };
    expect(await told({ batchSize: 4, refiner: { batchSize: 2 } })).toEqual([true, true]);
    expect(await told({ method: 'ae', batchSize: 4 })).toEqual([false, true]);
    expect(await told({ method: 'cutpaste', batchSize: 4 })).toEqual([false, true]);
    expect(await told({ method: 'nsa', batchSize: 4 })).toEqual([false, false]);
    expect(await told({ method: 'nsa', batchSize: 4, unlabeled: 2 })).toEqual([true, true]);
  });

  it('asks the method how it differs from its source at the size that the images have', async () => {
    await addPackings(planning.store, 'both', [64, 128]);
    const method: Method = {
      ...methods.method('ddad'),
      deviations: (_settings, imageSize) => [`${imageSize} px in place of 256`],
    };
    const known = new MethodRegistry([{ method, makers: async () => ({}) }]);
    const wanted = { dataset: 'both', batchSize: 4, refiner: false };
    const { about } = await planning.plan(wanted, known);
    expect(about.deviations).toEqual(['64 px in place of 256']);
    const large = await planning.plan({ ...wanted, imageSize: 128 }, known);
    expect(large.about.deviations).toEqual(['128 px in place of 256']);
    const deps = {
      ...planning.deps(known),
      workers: { train: { workers: [] }, score: { workers: [] } },
    };
    expect((await foreseeRun(deps, wanted)).deviations).toEqual(['64 px in place of 256']);
  });
});
