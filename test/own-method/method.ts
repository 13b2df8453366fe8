import {
  commonFields,
  countSchema,
  graphNode,
  type ImageFacts,
  type KindDefinition,
  type Method,
  type PlanBasis,
  type RunSettings,
  sha256Schema,
} from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import { z } from 'zod';

const images = { imagesDigest: sha256Schema, imageSize: z.int().min(1) };

const meanSpec = z.strictObject({ recipe: z.literal(1), every: countSchema(100), ...images });
export type MeanSpec = z.infer<typeof meanSpec>;
const scoresSpec = z.strictObject({ recipe: z.literal(1), mean: sha256Schema, ...images });
export type ScoresSpec = z.infer<typeof scoresSpec>;

/** The mean of every n-th normal image. File: `weights` (`mean`: [H,W]). */
export const meanKind: KindDefinition<MeanSpec> = {
  kind: 'trained-mean',
  pool: 'train',
  schema: meanSpec,
  needs: () => ({}),
  reads: { pixels: true },
  leastImages: () => 1,
};

/** Files: `scores` (`distance`, `brightness`: [T]), `maps` (`distance`: [T,H,W]). */
export const scoresKind: KindDefinition<ScoresSpec> = {
  kind: 'scored-mean',
  pool: 'score',
  schema: scoresSpec,
  needs: ({ mean }) => ({ mean: { kind: meanKind.kind, key: mean, files: ['weights'] } }),
  reads: { pixels: true },
};

const schema = z.strictObject({ ...commonFields, every: countSchema(100).default(1) });
type Settings = RunSettings & z.output<typeof schema>;

function plan({ settings, imageSize, images: sets }: PlanBasis<Settings>) {
  const { normal, test } = sets;
  if (normal === null || test === null) throw new RangeError('expected normal and test images');
  const of = ({ digest: imagesDigest }: ImageFacts) => ({ imagesDigest, imageSize });
  const mean = graphNode(
    meanKind,
    { recipe: 1, every: settings.every, ...of(normal) },
    {
      id: 'mean image',
      images: 'normal',
      stage: 'learn',
      total: normal.count,
      unit: 'image',
      imagesPerUnit: 1,
    },
  );
  const scores = graphNode(
    scoresKind,
    { recipe: 1, mean: mean.key, ...of(test) },
    {
      id: 'distances',
      images: 'test',
      stage: 'measure',
      total: test.count,
      unit: 'image',
      imagesPerUnit: 1,
      artifact: 'distances',
      scores: [
        { score: 'distance', images: 'test', tensor: 'distance', map: 'distance' },
        { score: 'brightness', images: 'test', tensor: 'brightness' },
      ],
    },
  );
  const stages = [
    { name: 'learn', title: 'learning' },
    { name: 'measure', title: 'measuring' },
  ];
  return { stages, nodes: [mean, scores], groups: {}, artifacts: ['distances'] };
}

const method: Method<Settings> = {
  name: 'mean-image',
  title: 'Distance from the mean normal image',
  schema,
  kinds: [meanKind, scoresKind] as unknown as KindDefinition[],
  usesUnlabeled: false,
  scores: () => [
    {
      name: 'distance',
      symbol: { letter: 'D', index: 'mean' },
      meaning: 'absolute difference from the mean normal image',
      map: true,
      rank: 1,
    },
    { name: 'brightness', symbol: { letter: 'B', index: '' }, meaning: 'mean grey', map: false, rank: 0 },
  ],
  facts: ({ every }) => ({ every }),
  describe: ({ every }) => `every ${String(every)}`,
  plan,
};

export const entry: MethodEntry = {
  method: method as unknown as Method,
  makers: async () => (await import('./makers.ts')).makers,
};
