/**
 * A method whose members take their time and nothing of the processor: for tests of what happens around training. Its jobs run in
 * processes of their own, keep checkpoints, go on from them bit by bit and end in bytes that every step decides, as networks do.
 * Setting METHODS names this file.
 */
import { fileURLToPath } from 'node:url';
import {
  commonFields,
  countSchema,
  graphNode,
  type ImageFacts,
  type KindDefinition,
  type Method,
  type Need,
  type PlanBasis,
  type RunSettings,
  seedOf,
  sha256Schema,
} from '@ddad/contract';
import type { MethodEntry } from '@ddad/methods';
import { z } from 'zod';

/** Value of METHODS. */
export const slowMethod = fileURLToPath(import.meta.url);

const timed = {
  recipe: z.literal(1),
  /** Rest after each step, or image, in ms. */
  restMs: z.int().min(0).max(10_000),
  imagesDigest: sha256Schema,
  imageSize: z.int().min(1),
};

const walkSpec = z.strictObject({ ...timed, seed: z.int().min(0), epochs: countSchema(100_000) });
export type WalkSpec = z.infer<typeof walkSpec>;
const stageSpec = z.strictObject({ ...timed, walks: z.array(sha256Schema) });
const refinedSpec = z.strictObject({ ...timed, distances: sha256Schema });
export type DistancesSpec = z.infer<typeof stageSpec>;
export type RefinedSpec = z.infer<typeof refinedSpec>;

/** A number that walks through the images, in an order of its own. File: `weights`. */
export const walkKind: KindDefinition<WalkSpec> = {
  kind: 'trained-walk',
  pool: 'train',
  schema: walkSpec,
  needs: () => ({}),
  reads: { pixels: true },
  leastImages: () => 1,
  trains: true,
};

/** Distances of images from where the walks ended. File: `scores` (`distance`: [T]). */
export const distancesKind: KindDefinition<DistancesSpec> = {
  kind: 'scored-distances',
  pool: 'score',
  schema: stageSpec,
  needs: ({ walks }) =>
    Object.fromEntries(
      walks.map((key, i): [string, Need] => [`walk-${i}`, { kind: walkKind.kind, key, files: ['weights'] }]),
    ),
  reads: { pixels: true },
};

/** Their squares. File: `scores` (`square`: [T]). */
export const squaresKind: KindDefinition<RefinedSpec> = {
  kind: 'scored-squares',
  pool: 'score',
  schema: refinedSpec,
  needs: ({ distances }) => ({
    distances: { kind: distancesKind.kind, key: distances, files: ['scores'] },
  }),
  reads: { pixels: true },
};

const schema = z.strictObject({
  ...commonFields,
  k: z.int().min(1).max(64).default(2),
  epochs: countSchema(100_000).default(3),
  /** Rest after each step of a member, in ms. */
  restMs: z.int().min(0).max(10_000).default(5),
  /** Rest after each image that is scored, in ms. */
  scoreRestMs: z.int().min(0).max(10_000).default(5),
});
type Settings = RunSettings & z.output<typeof schema>;

function plan({ settings, imageSize, images, retries }: PlanBasis<Settings>) {
  const { k, epochs, restMs, scoreRestMs } = settings;
  const { normal, test } = images;
  if (normal === null || test === null) throw new RangeError('expected normal and test images');
  const of = ({ digest: imagesDigest }: ImageFacts, rest: number) => ({
    recipe: 1 as const,
    restMs: rest,
    imagesDigest,
    imageSize,
  });
  const walks = Array.from({ length: k }, (_, index) => {
    const id = `member walk ${index}`;
    const seed = seedOf(settings.seed, 'walk', index, retries[id]);
    return graphNode(
      walkKind,
      { ...of(normal, restMs), seed, epochs },
      {
        id,
        images: 'normal',
        stage: 'train',
        total: epochs,
        unit: 'epoch',
        imagesPerUnit: normal.count,
        member: { role: 'walk', index, seed },
      },
    );
  });
  const scored = { images: 'test', total: test.count, unit: 'image', imagesPerUnit: 1 } as const;
  const distances = graphNode(
    distancesKind,
    { ...of(test, scoreRestMs), walks: walks.map(({ key }) => key) },
    {
      ...scored,
      id: 'distances',
      stage: 'maps',
      scores: [{ score: 'distance', images: 'test', tensor: 'distance' }],
    },
  );
  const squares = graphNode(
    squaresKind,
    { ...of(test, scoreRestMs), distances: distances.key },
    {
      ...scored,
      id: 'squares',
      stage: 'refine',
      scores: [{ score: 'square', images: 'test', tensor: 'square' }],
    },
  );
  const stages = [
    { name: 'train', title: 'training' },
    { name: 'maps', title: 'maps' },
    { name: 'refine', title: 'refining' },
  ];
  return { stages, nodes: [...walks, distances, squares], groups: {}, artifacts: [] };
}

const score = (name: string, letter: string, rank: number) => ({
  name,
  symbol: { letter, index: '' },
  meaning: `${name} from where the walks ended`,
  map: false,
  rank,
});

const method: Method<Settings> = {
  name: 'slow',
  title: 'Walks that take their time',
  schema,
  kinds: [walkKind, distancesKind, squaresKind] as unknown as KindDefinition[],
  usesUnlabeled: false,
  scores: () => [score('distance', 'D', 1), score('square', 'S', 0)],
  facts: ({ k }) => ({ k }),
  describe: ({ k }) => `K = ${String(k)}`,
  plan,
  grow: (settings, k) =>
    k > settings.k
      ? { settings: { ...settings, k } }
      : { fault: `k: expected more than ${settings.k}, got ${k}` },
};

export const entry: MethodEntry = {
  method: method as unknown as Method,
  makers: async () => (await import('./makers.ts')).makers,
};
