import { commonFields, type Method } from '@ddad/contract';
import { MethodRegistry, methods } from '@ddad/methods';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addPackings } from '../datasets.testing.ts';
import { find, Planning } from './planning.testing.ts';

const planning = new Planning();

describe('a faulty input', () => {
  it('is refused with all of its faults, those of the schema and those against the dataset', async () => {
    const failure = await planning.refusal({
      dataset: 'tiny',
      backbone: 'vae',
      k: 1,
      epochs: -5,
      colour: 'red',
      batchSize: 7,
      unlabeled: 6,
      refiner: { batchSize: 8, epochs: 'many' },
    });
    const paths = (failure.details![0] as { path: string }[]).map(({ path }) => path).sort();
    expect(paths).toEqual(
      [
        'backbone',
        'batchSize',
        'colour',
        'epochs',
        'k',
        'refiner.batchSize',
        'refiner.epochs',
        'unlabeled',
      ].sort(),
    );
    expect(failure.message.split('\n')).toHaveLength(8);
    expect(failure.message).toContain(
      'batchSize: expected at most 6, the number of normal training images of tiny, got 7',
    );
  });

  it('says how many images a threshold takes', async () => {
    const sizes = { batchSize: 2, refiner: { batchSize: 2 } };
    expect((await planning.refusal({ dataset: 'tiny', ...sizes, calibration: 0.34 })).message).toBe(
      'calibration: expected at least 19 held-out normal images for a false-positive rate of 0.05 (from "calibration", ' +
        "a share of the normal training images, or the dataset's validation images), got 2",
    );
    // Nobody asked for one: the run gives what two images can give.
    const plan = await planning.plan({ dataset: 'validated', ...sizes });
    expect(find(plan, 'reference maps')).toBeDefined();
  });

  it('names the methods there are where one is unknown, and whose a field is that the method does not know', async () => {
    expect((await planning.refusal({ dataset: 'tiny', method: 'vae' })).message).toBe(
      `method: expected one of ${methods.names.join(', ')}, got "vae"`,
    );
    const other: Method = {
      ...methods.method('ddad'),
      name: 'other',
      kinds: [],
      schema: z.strictObject(commonFields),
    };
    const both = new MethodRegistry(
      [methods.method('ddad'), other].map((method) => ({ method, makers: async () => ({}) })),
    );
    const parsed = both.parseRunInput({ dataset: 'tiny', method: 'other', minMembers: 2, colour: 'red' });
    expect(parsed).toEqual({
      faults: [
        {
          path: 'minMembers',
          message: 'unknown field of method other: it is one of ddad (methods: ddad, other)',
        },
        { path: 'colour', message: 'unknown field' },
      ],
    });
  });

  it('names the datasets there are where one is unknown', async () => {
    expect((await planning.refusal({ dataset: 'brian', k: 0 })).message).toMatch(
      /dataset: expected the name of a dataset that was added \(flat, lonely, plain, tiny, validated\), got "brian"/,
    );
  });

  it('is refused with maxK where K is given, and with a K that is none', async () => {
    expect(
      await planning.faultsAt({ dataset: 'tiny', k: 3, maxK: 5, batchSize: 4, refiner: { batchSize: 2 } }),
    ).toEqual(['maxK']);
    const { message } = await planning.refusal({ dataset: 'tiny', k: 'many', maxK: 2 });
    expect(message).toMatch(/^k: expected (int|number).*got "many"$/m);
    expect(message).toMatch(/^maxK: .*got 2$/m);
  });

  it('refuses a headline that is no score, or none that the run gives, and names those that there are', async () => {
    const settings = { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 } };
    expect((await planning.refusal({ ...settings, headline: 'rDuel' })).message).toMatch(
      /headline: expected one of rec, .*rDual, rDualTop, rDualPeak, rDualRelative, rDualForeground; got "rDuel"/,
    );
    expect((await planning.refusal({ ...settings, unlabeled: 0, headline: 'rDual' })).message).toMatch(
      /headline: expected (one of|a score that this run gives:) rec, .*; got "?rDual/,
    );
  });

  it('refuses a size that the method does not take, beside every other fault, whoever chose it', async () => {
    await addPackings(planning.store, 'huge', [256]);
    const message = (got: number) =>
      `imageSize: expected 64 or 128 with method ddad, whose networks take no other size, got ${got}`;
    expect((await planning.refusal({ dataset: 'huge', k: 1, batchSize: 4 })).message.split('\n')).toEqual([
      expect.stringMatching(/^k: expected at least 2 members/),
      expect.stringMatching(/^refiner.batchSize: /),
      message(256),
    ]);
    expect((await planning.refusal({ dataset: 'tiny', imageSize: 224, k: 1, batchSize: 4 })).message).toMatch(
      message(224),
    );
    const { basis } = await planning.plan({ dataset: 'huge', method: 'cutpaste', batchSize: 4 });
    expect(basis.imageSize).toBe(256);
  });

  it.each([
    ['nothing at all', undefined, ['']],
    [
      'a refiner that is neither settings nor false',
      { dataset: 'tiny', batchSize: 4, refiner: true },
      ['refiner'],
    ],
    ['a list', [1], ['']],
    [
      'more members wanted at least than there are, beside another fault',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, k: 3, minMembers: 4, epochs: 0 },
      ['epochs', 'minMembers'],
    ],
    [
      'MC Dropout of several networks, beside other faults',
      {
        dataset: 'tiny',
        batchSize: 4,
        refiner: { batchSize: 2 },
        uncertainty: 'dropout',
        k: 3,
        minMembers: 2,
        dropout: { rate: 0, passes: 1 },
      },
      ['dropout.passes', 'dropout.rate', 'k', 'minMembers'],
    ],
    [
      'settings of MC Dropout for an ensemble',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, dropout: {} },
      ['dropout'],
    ],
    ['no dataset', {}, ['dataset']],
    ['defaults that are too large for the dataset', { dataset: 'tiny' }, ['batchSize', 'refiner.batchSize']],
    [
      'a rate where nobody knows the labels',
      { dataset: 'flat', batchSize: 2, refiner: { batchSize: 2 }, anomalousRate: 0.5 },
      ['anomalousRate'],
    ],
    [
      'a single normal image',
      { dataset: 'lonely', batchSize: 2, refiner: { batchSize: 1 } },
      ['batchSize', 'dataset'],
    ],
    [
      'a threshold without held-out images',
      { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 }, falsePositiveRate: 0.5 },
      ['falsePositiveRate'],
    ],
    [
      'too few held-out images, and a batch larger than what is left to train on',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, calibration: 0.5, unlabeled: 'all' },
      ['batchSize', 'calibration', 'unlabeled'],
    ],
    [
      'shares that are none',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, calibration: 1, falsePositiveRate: 0 },
      ['calibration', 'falsePositiveRate'],
    ],
    [
      'a selection that cannot be read',
      { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 }, unlabeled: 'all', anomalousRate: 1 },
      ['unlabeled'],
    ],
  ])('is refused: %s', async (_, input, paths) => {
    expect(await planning.faultsAt(input)).toEqual(paths);
  });
});
