import './zod-without-jit.ts';
import { z } from 'zod';
import { datasetNameSchema, imageSizes } from './dataset.ts';

/** Reconstruction networks that a member can be: the plain autoencoder, AE-U and MemAE. */
export const backbones = ['ae', 'aeu', 'memae'] as const;
export const backboneSchema = z.enum(backbones);
export type Backbone = z.infer<typeof backboneSchema>;

/** Of matrix products and convolutions in training; weights, sums and all else are float32 in either. */
export const precisions = ['float32', 'bfloat16'] as const;
export type Precision = (typeof precisions)[number];

const count = (max: number) => z.int().min(1).max(max);

/** Settings of ASR-Net's training (method: section 3.5 of the paper). */
export const refinerInputSchema = z.strictObject({
  epochs: count(100_000).default(100),
  batchSize: count(4096).default(8),
  learningRate: z.number().positive().max(1).default(1e-4),
  /** L2 term added to every parameter's gradient. */
  weightDecay: z.number().min(0).max(1).default(1e-4),
});

/** What the discrepancies are a spread of: several networks (Deep Ensemble), or passes through one (MC Dropout). */
export const uncertainties = ['ensemble', 'dropout'] as const;

/** Most of each; services refuse more as well. */
export const dropoutLimits = { rate: 0.9, passes: 4096, refinerPasses: 256 } as const;

/** Settings of MC Dropout; the paper (Table 6) gives the 256 passes, and no rate. */
export const dropoutInputSchema = z.strictObject({
  /** Share of the hidden units that a mask drops, in training and in every pass. */
  rate: z.number().gt(0).max(dropoutLimits.rate).default(0.1),
  /** Passes through each network for the maps of the test images; A_intra is a spread over passes and needs two. */
  passes: z.int().min(2).max(dropoutLimits.passes).default(256),
  /** The same for ASR-Net's training, which draws new masks in every step. */
  refinerPasses: z.int().min(2).max(dropoutLimits.refinerPasses).default(16),
});

export type DropoutSettings = z.output<typeof dropoutInputSchema>;

const largestK = 64;
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

const runFields = z.strictObject({
  dataset: datasetNameSchema,
  backbone: backboneSchema.default('ae'),
  /** Side of the images in pixels, one that the dataset is packed at; absent: 64, or the only one there is. */
  imageSize: z.literal(imageSizes).optional(),
  uncertainty: z.enum(uncertainties).default('ensemble'),
  /** Networks per role. Not given: 3 of an ensemble; MC Dropout has one. */
  k: requestedK.default(notGiven),
  /** With `"k": "auto"`: at most so many members per role; 15 where it is absent. */
  maxK: z.int().min(leastAutoK).max(largestK).optional(),
  /** Of `uncertainty` "dropout" alone. */
  dropout: dropoutInputSchema.optional(),
  /** So many per role are enough where others fail for good; absent: all K must succeed. At most K. */
  minMembers: membersPerRole.optional(),
  /** Run seed; every member's seed derives from it. */
  seed: z.int().min(0).max(4_294_967_295).default(0),
  epochs: count(100_000).default(250),
  batchSize: z.int().min(2).max(4096).default(64),
  /** Adam's learning rate. */
  learningRate: z.number().positive().max(1).default(5e-4),
  precision: z.enum(precisions).default('float32'),
  /** How many unlabeled images; absent: all there are. 0: one-class mode, no UDM. */
  unlabeled: z.int().min(0).optional(),
  /** Share of abnormal images among the unlabeled ones; only where the dataset knows which are abnormal. */
  anomalousRate: z.number().min(0).max(1).optional(),
  /** Share of D_n that is held out of training, for thresholds; 0: only the dataset's validation images are. */
  calibration: z.number().min(0).lt(1).default(0),
  /** Share of normal images that a threshold may call abnormal; absent: 0.05. Needs held-out normal images. */
  falsePositiveRate: z.number().positive().lt(1).optional(),
  /** False: no ASR-Net, so that a run ends with the A-scores. */
  refiner: z.union([z.literal(false), refinerInputSchema]).prefault({}),
});

type RunFields = z.output<typeof runFields>;

/** A rule over several fields. It speaks whatever else is at fault, so that all faults are listed at once. */
function rule(
  path: keyof RunFields,
  fields: Partial<Record<keyof RunFields, true>>,
  holds: (input: RunFields) => boolean,
  expected: (input: RunFields) => string,
): [(input: RunFields) => boolean, Parameters<typeof runFields.refine>[1]] {
  const readable = runFields.pick(fields as { k: true }).loose();
  return [
    holds,
    {
      path: [path],
      error: ({ input }) => expected(input as RunFields),
      when: ({ value }) => readable.safeParse(value).success,
    },
  ];
}

const isDropout = ({ uncertainty }: RunFields) => uncertainty === 'dropout';
const kOf = (input: RunFields) => (input.k === notGiven ? (isDropout(input) ? 1 : 3) : input.k);

/** The one argument of workflow `trainEnsemble`. Every field but `dataset` has a default, nested ones too. */
export const runInputSchema = runFields
  .refine(
    ...rule(
      'k',
      { uncertainty: true, k: true },
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
    ...rule(
      'minMembers',
      { uncertainty: true, k: true, minMembers: true },
      // With `auto` the plan looks, which knows K.
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
    ...rule(
      'dropout',
      { uncertainty: true, dropout: true },
      (input) => input.dropout === undefined || isDropout(input),
      () => 'expected none without uncertainty "dropout"',
    ),
  )
  .refine(({ k, maxK }) => maxK === undefined || k === 'auto', {
    path: ['maxK'],
    error: 'expected it with "k": "auto" only',
    when: ({ value }) => runFields.pick({ k: true, maxK: true }).loose().safeParse(value).success,
  })
  // Defaults that depend on another field.
  .overwrite((input) => ({
    ...input,
    k: kOf(input),
    ...(isDropout(input) ? { dropout: input.dropout ?? dropoutInputSchema.parse({}) } : {}),
  }));

/** The argument of update `addMembers`. */
export const addMembersSchema = z.strictObject({ k: membersPerRole });
export type AddMembersInput = z.infer<typeof addMembersSchema>;

/** What a caller may write. */
export type RunInput = z.input<typeof runInputSchema>;
/** With all defaults filled in; K may be left to the plan. */
export type RunRequest = z.output<typeof runInputSchema>;
/** As a run goes on it: K is settled. */
export type ResolvedRunInput = Omit<RunRequest, 'k' | 'maxK'> & { k: number };

/** One fault of an input: where (`refiner.epochs`; empty for the whole) and what was expected and what came. */
export interface Fault {
  path: string;
  message: string;
}

/** All faults at once, one a line, for people. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults
    .map((fault) => (fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`))
    .join('\n');
}

const shownLength = 60;

/** JSON of a received value, cut short, for messages. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(outline(value, 4)) ?? String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength - 3)}...` : text;
}

/** What of a value can be shown: JSON of a deeply nested one would need more stack than there is. */
function outline(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, shownLength);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '...';
  if (Array.isArray(value)) return value.slice(0, shownLength).map((one) => outline(one, depth - 1));
  const entries = Object.entries(value).slice(0, shownLength);
  return Object.fromEntries(
    entries.map(([key, one]) => [key.slice(0, shownLength), outline(one, depth - 1)]),
  );
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** A list that a person can read, and that a failure can carry. */
export const listedFaults = 100;
const listedPath = 200;

/**
 * Of a field that may be several things, the faults of what was meant: the alternative that was understood furthest. Where
 * none was understood at all, what each expects.
 */
function issuesOfUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const within = issue.errors.find((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (within !== undefined) {
    return within.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(issuesOfUnion);
  }
  const expected = issue.errors.map(([first]) =>
    first?.message.replace(/^Invalid input: expected |, received .*$/g, ''),
  );
  return [{ ...issue, message: `expected ${expected.join(' or ')}` }];
}

/** Zod's issues as faults that also say what came; of very many, the first hundred and how many more there are. */
export function faultsOf(error: z.ZodError, received: unknown): Fault[] {
  const faults: Fault[] = [];
  let more = 0;
  const add = (path: string, message: () => string) => {
    if (faults.length >= listedFaults) more += 1;
    else
      faults.push({
        path: path.length > listedPath ? `${path.slice(0, listedPath)}...` : path,
        message: message(),
      });
  };
  for (const issue of error.issues.flatMap(issuesOfUnion)) {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) add(path === '' ? key : `${path}.${key}`, () => 'unknown field');
      continue;
    }
    add(path, () => {
      const value = valueAt(received, issue.path);
      const came = value === undefined ? 'nothing' : showValue(value);
      return `${issue.message.replace(/^Invalid (input|option): /, '')}, got ${came}`;
    });
  }
  if (more > 0) faults.push({ path: '', message: `and ${more} more faults` });
  return faults;
}

/**
 * Checks a run's input against the schema alone (no dataset is looked at).
 * @returns the input with defaults, or every fault.
 */
export function parseRunInput(raw: unknown): { input: RunRequest } | { faults: Fault[] } {
  const parsed = runInputSchema.safeParse(raw);
  return parsed.success ? { input: parsed.data } : { faults: faultsOf(parsed.error, raw) };
}
