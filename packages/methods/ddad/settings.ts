import { type BatchSize, commonFields, countSchema, inputRule, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { learningRateSchema } from '../spec-fields.ts';
import { beta1Schema, paperBeta1 } from './member-beta.ts';
import { latentSizeSchema, paperWidths, wideLayerSchema } from './widths.ts';

/** Reconstruction networks that a member can be: the plain autoencoder, AE-U and MemAE. */
export const backbones = ['ae', 'aeu', 'memae'] as const;
export const backboneSchema = z.enum(backbones);
export type Backbone = z.infer<typeof backboneSchema>;

/**
 * Sides of images that members are trained at, in pixels: the sizes at which their networks are proven against the independent
 * reference. They halve four times, so that any multiple of 16 would fit; at 256 a member would have 71 million parameters.
 */
export const memberImageSizes = [64, 128] as const;

/** Of matrix products and convolutions in training; weights, sums and all else are float32 in either. */
export const precisions = ['float32', 'bfloat16'] as const;
export type Precision = (typeof precisions)[number];

/** What trains by gradient: shared by settings and specifications. */
export const trainingFields = {
  epochs: countSchema(100_000),
  /** Adam's learning rate. */
  learningRate: learningRateSchema,
};
/** Images a step; the last incomplete batch of an epoch is dropped. */
export const countedBatch = (least: number) => z.int().min(least).max(4096);

/** How networks are trained: as the paper has it, or so that their weights do not depend on which step was the last. */
export const recipeNames = ['paper', 'steady'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** Settings of a member's network and training. */
export const memberFields = {
  /** Values of a member's latent code. */
  latentSize: latentSizeSchema.default(paperWidths.latentSize),
  /** Units of the two linear layers beside it. */
  wideLayer: wideLayerSchema.default(paperWidths.wideLayer),
  epochs: trainingFields.epochs.default(250),
  batchSize: countedBatch(2).default(64),
  learningRate: trainingFields.learningRate.default(5e-4),
  /** Of Adam. */
  beta1: beta1Schema.default(paperBeta1),
  precision: z.enum(precisions).default('float32'),
  recipe: z.enum(recipeNames).default('steady'),
};
export type MemberSettings = z.output<z.ZodObject<typeof memberFields>>;
/** L2 term added to every parameter's gradient. */
export const weightDecaySchema = z.number().min(0).max(1);

/** Epochs of a recipe where none are asked for: the paper's, and after how many an averaged refiner is as good as it gets. */
const refinerEpochs: Readonly<Record<RecipeName, number>> = { paper: 100, steady: 40 };

const refinerFields = z.strictObject({
  recipe: z.enum(recipeNames).default('steady'),
  epochs: trainingFields.epochs.optional(),
  batchSize: countedBatch(1).default(8),
  learningRate: trainingFields.learningRate.default(1e-4),
  weightDecay: weightDecaySchema.default(1e-4),
});
/** Settings of ASR-Net's training (method: section 3.5 of the paper). */
const refinerSchema = refinerFields.transform((given) => ({
  ...given,
  epochs: given.epochs ?? refinerEpochs[given.recipe],
}));

/** What the discrepancies are a spread of: several networks (Deep Ensemble), or passes through one (MC Dropout). */
export const uncertainties = ['ensemble', 'dropout'] as const;

/** Share of the hidden units that a mask drops, in training and in every pass. */
export const dropoutRateSchema = z.number().gt(0).max(0.9);
/** Passes through each network; A_intra is a spread over passes and needs two. */
export const passesSchema = z.int().min(2).max(4096);
/** The same for ASR-Net's training, which draws new masks in every step. */
export const refinerPassesSchema = z.int().min(2).max(256);

/** λ of the repulsion between members (D2UE has 1). */
export const repulsionSchema = z.number().positive().max(1000);

/** Settings of MC Dropout; the paper (Table 6) gives the 256 passes, and no rate. */
const dropoutSchema = z.strictObject({
  rate: dropoutRateSchema.default(0.1),
  passes: passesSchema.default(256),
  refinerPasses: refinerPassesSchema.default(16),
});
export type DropoutSettings = z.output<typeof dropoutSchema>;

/** Members per role at most. */
export const largestK = 64;
const twoMembers = 'expected at least 2 members per role (A_intra, eq. 3, is a spread over members)';
/** Members per role; A_intra needs two. */
const membersPerRole = z.int().min(2, twoMembers).max(largestK);
/** MC Dropout has one network. */
const networksPerRole = z.int().min(1, twoMembers).max(largestK);

/** Stands for a K that was not given until it is known what it means. */
const notGiven = 0;

/** Members per role that `"k": "auto"` makes at least. */
export const leastAutoK = 3;
/** Members per role that `"k": "auto"` makes at most, where `maxK` does not say. */
export const defaultMaxK = 15;

/** K as a run may ask for it. `auto`: by the trainers that are there when it starts. */
const requestedK = z.custom<number | 'auto'>().superRefine((value, context) => {
  if (value === 'auto') return;
  for (const { message } of networksPerRole.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: 'custom', message });
});

const fields = z.strictObject({
  ...commonFields,
  /** Built on AE-U, DDAD is the paper's best on all five of its sets, by R_intra and by R_dual (Table 2). */
  backbone: backboneSchema.default('aeu'),
  ...memberFields,
  uncertainty: z.enum(uncertainties).default('ensemble'),
  /** Networks per role. Not given: 3 of an ensemble; MC Dropout has one. */
  k: requestedK.default(notGiven),
  /** With `"k": "auto"`: at most so many members per role; 15 where it is absent. */
  maxK: z.int().min(leastAutoK).max(largestK).optional(),
  /** Of `uncertainty` "dropout" alone. */
  dropout: dropoutSchema.optional(),
  /** So many per role are enough where others fail for good; absent: all K must succeed. At most K. */
  minMembers: membersPerRole.optional(),
  /** Members of a role are trained one after the other, each away from those before it, by this λ; absent: each by itself. */
  repulsion: repulsionSchema.optional(),
  /** Whether there is the dual-space uncertainty of the NDM. Not given: of an ensemble; a single network has none. */
  dsu: z.boolean().optional(),
  /** False: no ASR-Net, so that a run ends with the A-scores. */
  refiner: z.union([z.literal(false), refinerSchema]).prefault({}),
});
type Fields = z.output<typeof fields>;

const isDropout = ({ uncertainty }: Pick<Fields, 'uncertainty'>) => uncertainty === 'dropout';
const kOf = (input: Pick<Fields, 'k' | 'uncertainty'>) =>
  input.k === notGiven ? (isDropout(input) ? 1 : 3) : input.k;

/** Settings of a run of DDAD; K may be left to the coordinator. */
export const ddadSchema = fields
  .refine(
    ...inputRule(
      fields,
      'k',
      ['uncertainty', 'k'],
      (input) => {
        const k = kOf(input);
        return isDropout(input) ? k === 1 : k === 'auto' || k >= 2;
      },
      (input) =>
        isDropout(input)
          ? 'expected 1 or nothing with uncertainty "dropout" (one network per role; its passes stand for members)'
          : twoMembers,
    ),
  )
  .refine(
    ...inputRule(
      fields,
      'minMembers',
      ['uncertainty', 'k', 'minMembers'],
      // With `auto` it is looked at once K is known.
      (input) => {
        const k = kOf(input);
        return (
          input.minMembers === undefined || (!isDropout(input) && (k === 'auto' || input.minMembers <= k))
        );
      },
      (input) =>
        isDropout(input)
          ? 'expected none with uncertainty "dropout" (one network per role)'
          : `expected at most k, ${kOf(input)}`,
    ),
  )
  .refine(
    ...inputRule(
      fields,
      'dropout',
      ['uncertainty', 'dropout'],
      (input) => input.dropout === undefined || isDropout(input),
      () => 'expected none without uncertainty "dropout"',
    ),
  )
  .refine(
    ...inputRule(
      fields,
      'repulsion',
      ['uncertainty', 'repulsion'],
      (input) => input.repulsion === undefined || !isDropout(input),
      () => 'expected none with uncertainty "dropout" (one network per role)',
    ),
  )
  .refine(
    ...inputRule(
      fields,
      'dsu',
      ['uncertainty', 'dsu'],
      (input) => input.dsu !== true || !isDropout(input),
      () => 'expected false or nothing with uncertainty "dropout" (it is a spread over networks)',
    ),
  )
  .refine(
    ...inputRule(
      fields,
      'maxK',
      ['k', 'maxK'],
      ({ k, maxK }) => maxK === undefined || k === 'auto',
      () => 'expected it with "k": "auto" only',
    ),
  )
  // Defaults that depend on another field.
  .overwrite((input) => ({
    ...input,
    k: kOf(input),
    dsu: input.dsu ?? !isDropout(input),
    ...(isDropout(input) ? { dropout: input.dropout ?? dropoutSchema.parse({}) } : {}),
  }));

/** With all defaults filled in; K may be left to the coordinator. */
export type DdadSettings = RunSettings & z.output<typeof ddadSchema>;

/** K of settings that are settled. */
export function settledK({ k }: Pick<DdadSettings, 'k'>): number {
  if (k === 'auto') throw new RangeError('k: expected it to be settled, got "auto"');
  return k;
}

/** Batch sizes of fields that could be read. Without ASR-Net its batch needs no images. */
export function batchSizes(given: Readonly<Record<string, unknown>>): BatchSize[] {
  const found = batchSizeOf(fields.shape.batchSize)(given);
  const { refiner } = given;
  if (refiner === undefined || (typeof refiner === 'object' && refiner !== null)) {
    const own = (refiner as { batchSize?: unknown } | undefined)?.batchSize;
    const parsed = refinerFields.shape.batchSize.safeParse(own);
    if (parsed.success) found.push({ path: 'refiner.batchSize', size: parsed.data });
  }
  return found;
}
