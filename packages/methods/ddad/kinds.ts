import { type KindDefinition, type Need, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { seedSchema, sideSchema } from '../spec-fields.ts';
import { specifiedBeta1 } from './member-beta.ts';
import {
  type Backbone,
  backboneSchema,
  countedBatch,
  dropoutRateSchema,
  memberImageSizes,
  passesSchema,
  type RecipeName,
  refinerPassesSchema,
  repulsionSchema,
  trainingFields,
  weightDecaySchema,
} from './settings.ts';
import { describeWidths, specifiedWidths } from './widths.ts';

/** Which images a member was trained on: normal ones, or normal and unlabeled ones. */
export const roles = ['ndm', 'udm'] as const;
export type Role = (typeof roles)[number];
/** What a refiner reads: A_intra and A_inter (eq. 10), or A_intra alone (eq. 13). */
export const refinerInputs = ['dual', 'intra'] as const;
export type RefinerInput = (typeof refinerInputs)[number];

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation,
 * randomness, loss, optimiser, layout): keys change with it, and nothing old is reused. Members have one a backbone, so that
 * a change to one leaves the others' artifacts alone.
 */
export const recipes = {
  member: { ae: 2, aeu: 2, memae: 2 } satisfies Record<Backbone, number>,
  /** Of what the recipe "steady" changes of a member's training, beside its backbone's. */
  steadyMember: 1,
  /** Of members that are trained away from others, beside their backbone's. */
  repulsion: 1,
  maps: 2,
  dsu: 1,
  kCurve: 4,
  refiner: 2,
  /** Of what the recipe "steady" changes of a refiner's training. */
  steadyRefiner: 2,
} as const;

const imageSize = sideSchema(memberImageSizes);
/** Float32 is not told: keys from before there was a choice stay. */
const precision = z.literal('bfloat16').optional();
const keys = z.array(sha256Schema).max(64);

/**
 * MC Dropout where it scores: passes through one network per role stand for an ensemble's members. Pass p has the masks that
 * `seed`, p and the role decide.
 */
const dropoutSchema = (passes: z.ZodInt) =>
  z.strictObject({ rate: dropoutRateSchema, passes, seed: seedSchema });
export type DropoutSpec = z.infer<ReturnType<typeof dropoutSchema>>;

/**
 * What keeps a member away from those of its role that were trained before it; absent of the first one, which is the same
 * whether others are kept away from it or not.
 */
const memberRepulsionSchema = z.strictObject({
  recipe: z.literal(recipes.repulsion),
  /** λ, by which the mean similarity of the latent codes has a part in the loss. */
  weight: repulsionSchema,
  /** Keys of the earlier members, in the order of their indices. */
  earlier: keys.min(1),
});

/** Everything that decides a member. */
const memberSpecSchema = z
  .strictObject({
    recipe: z.int(),
    backbone: backboneSchema,
    role: z.enum(roles),
    seed: seedSchema,
    epochs: trainingFields.epochs,
    batchSize: countedBatch(2),
    learningRate: trainingFields.learningRate,
    ...specifiedBeta1,
    /** SHA-256 over the training pixels in training order. */
    imagesDigest: sha256Schema,
    imageSize,
    ...specifiedWidths,
    precision,
    /** Version of the recipe "steady"; absent with the paper's: keys from before there was a choice stay. */
    steady: z.literal(recipes.steadyMember).optional(),
    /** Rate of the dropout that it is trained with; absent where there is none. */
    dropout: dropoutRateSchema.optional(),
    repulsion: memberRepulsionSchema.optional(),
  })
  .superRefine(({ backbone, recipe, dropout, repulsion }, context) => {
    if (dropout !== undefined && repulsion !== undefined)
      context.addIssue({ code: 'custom', path: ['repulsion'], message: 'expected none with dropout' });
    const expected = recipes.member[backbone];
    // Another version would give other bytes under the key of the one that was asked for.
    if (recipe !== expected)
      context.addIssue({ code: 'custom', path: ['recipe'], message: `expected this version's, ${expected}` });
  });
export type MemberSpec = z.infer<typeof memberSpecSchema>;

/** Whose maps, and of which images. */
const ndmFields = {
  backbone: backboneSchema,
  /** Member keys by index. */
  ndm: keys,
  imagesDigest: sha256Schema,
  imageSize,
  /** Of every member. */
  ...specifiedWidths,
};
const ensembleFields = {
  ...ndmFields,
  /** Empty in the one-class mode. */
  udm: keys,
};

/** An ensemble has two members and more; MC Dropout one network per role. */
function checkEnsemble(
  { ndm, udm = [], dropout }: { ndm: string[]; udm?: string[]; dropout?: DropoutSpec | undefined },
  context: z.RefinementCtx,
): void {
  const fault = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (dropout === undefined) {
    if (ndm.length < 2) fault('ndm', 'expected at least 2 members');
    return;
  }
  if (ndm.length !== 1) fault('ndm', 'expected 1 member with dropout');
  if (udm.length > 1) fault('udm', 'expected at most 1 member with dropout');
}

/** One NDM member alone reconstructs, and has no spread: its maps are of `recEnsemble` alone. */
export const reconstructsAlone = ({
  ndm,
  dropout,
}: {
  ndm: readonly string[];
  dropout?: DropoutSpec | undefined;
}): boolean => ndm.length === 1 && dropout === undefined;

/** Everything that decides the score maps of a set of images: the test images, or the reference images. */
const mapSpecSchema = z
  .strictObject({
    recipe: z.literal(recipes.maps),
    ...ensembleFields,
    /** Absent where the members are an ensemble. */
    dropout: dropoutSchema(passesSchema).optional(),
  })
  .superRefine((spec, context) => {
    if (!reconstructsAlone(spec) || spec.udm.length > 0) checkEnsemble(spec, context);
  });
export type MapSpec = z.infer<typeof mapSpecSchema>;

/** Everything that decides the dual-space uncertainty of a set of images; it is the NDM's alone. */
const dsuSpecSchema = z
  .strictObject({ recipe: z.literal(recipes.dsu), ...ndmFields })
  .superRefine(checkEnsemble);
export type DsuSpec = z.infer<typeof dsuSpecSchema>;

/** Everything that decides the image scores of an ensemble's subsets, of every size. */
const kCurveSpecSchema = z
  .strictObject({
    recipe: z.literal(recipes.kCurve),
    ...ensembleFields,
    /** Subsets of each size, at most; scores of more would not fit into memory together. */
    subsets: z.int().min(1).max(1000),
    /** Present where not the maps' means are wanted, but what else there is (`reductions`): of their highest pixels. */
    of: z.literal('reductions').optional(),
  })
  .superRefine(checkEnsemble)
  .superRefine(({ ndm, udm }, context) => {
    if (udm.length > 0 && udm.length !== ndm.length) {
      const message = `expected as many members as ndm, ${ndm.length}, or none`;
      context.addIssue({ code: 'custom', path: ['udm'], message });
    }
  });
export type KCurveSpec = z.infer<typeof kCurveSpecSchema>;

/** Everything that decides a trained ASR-Net. */
const refinerSpecSchema = z
  .strictObject({
    recipe: z.literal(recipes.refiner),
    ...ensembleFields,
    input: z.enum(refinerInputs),
    seed: seedSchema,
    epochs: trainingFields.epochs,
    batchSize: countedBatch(1),
    learningRate: trainingFields.learningRate,
    weightDecay: weightDecaySchema,
    precision,
    /** Version of the recipe "steady"; absent with the paper's: keys from before there was a choice stay. */
    steady: z.literal(recipes.steadyRefiner).optional(),
    /** Absent where the members are an ensemble. Every step has passes of its own, decided by epoch and place in it, too. */
    dropout: dropoutSchema(refinerPassesSchema).optional(),
  })
  .superRefine(checkEnsemble)
  .superRefine(({ input, udm }, context) => {
    if ((input === 'dual') === udm.length > 0) return;
    const expected = input === 'dual' ? 'members for input dual' : 'no members for input intra';
    context.addIssue({ code: 'custom', path: ['udm'], message: `expected ${expected}` });
  });
export type RefinerSpec = z.infer<typeof refinerSpecSchema>;

/** The recipe that a specification names by a version, or by none. */
export const recipeOf = ({ steady }: { steady?: number | undefined }): RecipeName =>
  steady === undefined ? 'paper' : 'steady';

/** What whoever refines maps has to know of the refiner: part of its specification. */
export const refinedNetworkSchema = z.object({ input: z.enum(refinerInputs), imageSize });

/** Everything that decides refined maps: whose maps, by which refiner. */
const refinedSpecSchema = z.strictObject({ maps: sha256Schema, refiner: sha256Schema });
export type RefinedSpec = z.infer<typeof refinedSpecSchema>;

/** Name under which a maker finds a member's weights. */
export const memberName = (role: Role, index: number) => `${role}.${index}`;

/** Name under which a member's maker finds the weights of one that was trained before it. */
export const earlierName = (index: number) => `earlier.${index}`;

const weightsOf = (key: string): Need => ({ kind: memberKind.kind, key, files: ['weights'] });

function membersOf({
  ndm,
  udm = [],
}: {
  ndm: readonly string[];
  udm?: readonly string[];
}): Record<string, Need> {
  return Object.fromEntries([
    ...ndm.map((key, index) => [memberName('ndm', index), weightsOf(key)]),
    ...udm.map((key, index) => [memberName('udm', index), weightsOf(key)]),
  ]);
}

/** File: `weights`. */
export const memberKind: KindDefinition<MemberSpec> = {
  kind: 'members',
  ...trainedOnImages,
  schema: memberSpecSchema,
  needs: ({ repulsion }) =>
    Object.fromEntries((repulsion?.earlier ?? []).map((key, index) => [earlierName(index), weightsOf(key)])),
  listing: {
    fields: ['role', 'backbone', 'seed', 'epochs'],
    describe: ({ backbone, role, epochs, steady, repulsion, ...others }) =>
      [
        `${backbone} ${role}`,
        ...describeWidths(others),
        `${epochs} epochs`,
        ...(steady === undefined ? [] : ['steady']),
        ...(repulsion === undefined ? [] : [`away from ${repulsion.earlier.length} others`]),
      ].join(', '),
  },
};

/**
 * Files: `scores` (`rec.INDEX`, `recEnsemble`, `aIntra`, `aInter`: [T]), `maps` (the last three: [T,H,W]); no `aIntra` of one member,
 * no `aInter` without a UDM.
 */
export const mapKind: KindDefinition<MapSpec> = {
  kind: 'maps',
  ...scoredImages,
  schema: mapSpecSchema,
  needs: membersOf,
};

/** Files: `scores` (`dsu`: [T]), `maps` (`dsu`: [T,H,W]). */
export const dsuKind: KindDefinition<DsuSpec> = {
  kind: 'scored-dual-space',
  ...scoredImages,
  schema: dsuSpecSchema,
  needs: membersOf,
};

/** File: `scores` (`SCORE.k`: [subsets,T]): of `recEnsemble`, `aIntra`, `aInter`, or of their reductions. */
export const kCurveKind: KindDefinition<KCurveSpec> = {
  kind: 'kcurves',
  ...scoredImages,
  schema: kCurveSpecSchema,
  needs: membersOf,
};

/** File: `weights`. */
export const refinerKind: KindDefinition<RefinerSpec> = {
  kind: 'refiners',
  pool: 'score',
  schema: refinerSpecSchema,
  needs: membersOf,
  reads: { pixels: true },
  // A foreign patch comes from another image.
  leastImages: ({ batchSize }) => Math.max(2, batchSize),
  trains: true,
};

/** Files: `scores` (`scores`: [T]), `maps` (`maps`: [T,H,W]). */
export const refinedKind: KindDefinition<RefinedSpec> = {
  kind: 'refined',
  pool: 'score',
  schema: refinedSpecSchema,
  needs: ({ maps, refiner }) => ({
    maps: { kind: mapKind.kind, key: maps, files: ['maps'] },
    refiner: { kind: refinerKind.kind, key: refiner, files: ['weights'] },
  }),
  reads: {},
};
