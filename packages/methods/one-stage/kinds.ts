import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { imageFields, seedSchema } from '../spec-fields.ts';
import type { OneStageDefinition } from './definition.ts';
import { trainingFields } from './settings.ts';

/** Everything that decides a trained network. */
const networkSpecSchema = (recipe: number) =>
  z.strictObject({
    recipe: z.literal(recipe),
    seed: seedSchema,
    ...trainingFields,
    ...imageFields(),
    /** How many of the images, the first ones, are normal: all others are sources of patches alone. Absent where all are. */
    normals: z.int().min(2).optional(),
  });
export type NetworkSpec = z.infer<ReturnType<typeof networkSpecSchema>>;

/** Everything that decides the maps of a set of images. */
const mapsSpecSchema = (recipe: number) =>
  z.strictObject({
    recipe: z.literal(recipe),
    /** Key of the trained network. */
    network: sha256Schema,
    ...imageFields(),
  });
export type MapsSpec = z.infer<ReturnType<typeof mapsSpecSchema>>;

export interface OneStageKinds {
  /** File: `weights`, under the names of NSA's code. */
  network: KindDefinition<NetworkSpec>;
  /** Files: `scores` (`predicted`: [T]), `maps` (`predicted`: [T,H,W]). */
  maps: KindDefinition<MapsSpec>;
}

/** The kinds of one method. */
export function oneStageKinds({ name, shortTitle, recipes }: OneStageDefinition): OneStageKinds {
  const network: KindDefinition<NetworkSpec> = {
    kind: `trained-${name}`,
    ...trainedOnImages,
    schema: networkSpecSchema(recipes.network),
    needs: () => ({}),
    listing: {
      fields: ['seed', 'epochs'],
      describe: ({ epochs, normals }) =>
        `${shortTitle}${normals === undefined ? '' : '*'} network, ${epochs} epochs`,
    },
  };
  return {
    network,
    maps: {
      kind: `scored-${name}`,
      ...scoredImages,
      schema: mapsSpecSchema(recipes.maps),
      needs: ({ network: key }) => ({ network: { kind: network.kind, key, files: ['weights'] } }),
    },
  };
}
