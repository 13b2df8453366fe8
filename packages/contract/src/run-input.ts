import './zod-without-jit.ts';
import { z } from 'zod';
import { datasetNameSchema, imageSizes } from './dataset.ts';
import { faultsOf } from './fault.ts';
import { scoreNameSchema } from './score-definition.ts';

/** The method of a run that names none. */
export const defaultMethod = 'ddad';

/** Name of a method: part of kinds of artifacts, and so of object keys. */
export const methodNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected 1 to 32 of a-z, 0-9, "-", starting with a letter');

/** A whole number from 1 on, as epochs and batch sizes are. */
export const countSchema = (max: number) => z.int().min(1).max(max);

/** Fields that every run has, whatever its method: a method spreads them into its settings' schema. */
export const commonFields = {
  dataset: datasetNameSchema,
  method: methodNameSchema.default(defaultMethod),
  /**
   * Side of the images in pixels, one that the dataset is packed at; absent: 64, or the only one there is. To be named where there
   * are several others.
   */
  imageSize: z.literal(imageSizes).optional(),
  /** Run seed; every other seed derives from it. */
  seed: z.int().min(0).max(4_294_967_295).default(0),
  /** How many unlabeled images; absent: all there are. 0: none. */
  unlabeled: z.int().min(0).optional(),
  /** Share of abnormal images among the unlabeled ones; only where the dataset knows which are abnormal. */
  anomalousRate: z.number().min(0).max(1).optional(),
  /** Share of D_n that is held out of training, for thresholds; 0: only the dataset's validation images are. */
  calibration: z.number().min(0).lt(1).default(0),
  /** Share of normal images that a threshold may call abnormal; absent: 0.05. Needs held-out normal images. */
  falsePositiveRate: z.number().positive().lt(1).optional(),
  /** Name of the run's main score, for reports, verdicts, cards and whoever else asks; absent: the method's. No artifact depends on it. */
  headline: scoreNameSchema.optional(),
};

const commonSchema = z.object(commonFields);

/** What a caller of any method may write. */
export type RunInput = z.input<typeof commonSchema> & Record<string, unknown>;
/** A run's input with all defaults filled in: the common fields, and those of its method. */
export type RunSettings = z.output<typeof commonSchema> & Record<string, unknown>;

/**
 * A rule over several fields, for `refine`. It speaks whatever else is at fault, so that all faults are listed at once.
 * @param shape of the whole input
 * @param path the field that the fault is told of
 * @param reads the fields that the rule reads
 */
export function inputRule<Shape extends z.ZodRawShape>(
  shape: z.ZodObject<Shape>,
  path: keyof Shape & string,
  reads: readonly (keyof Shape & string)[],
  holds: (input: z.output<z.ZodObject<Shape>>) => boolean,
  expected: (input: z.output<z.ZodObject<Shape>>) => string,
): [(input: z.output<z.ZodObject<Shape>>) => boolean, Parameters<z.ZodObject['refine']>[1]] {
  type Input = z.output<z.ZodObject<Shape>>;
  const mask = Object.fromEntries(reads.map((field) => [field, true]));
  const readable = (shape as unknown as z.ZodObject).pick(mask as Record<string, true>).loose();
  return [
    holds,
    {
      path: [path],
      error: ({ input }) => expected(input as Input),
      when: ({ value }) => readable.safeParse(value).success,
    },
  ];
}

/** The argument of update `addMembers`. */
export const addMembersSchema = z.strictObject({ k: countSchema(64) });
export type AddMembersInput = z.infer<typeof addMembersSchema>;

/** Fields of an input that are well formed by themselves; a faulty one does not keep the others from being checked. */
export function readableFields<Shape extends z.ZodRawShape>(
  schema: { shape: Shape },
  raw: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const given = isObject(raw) ? raw : {};
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const parsed = (field as z.ZodType).safeParse(given[name]);
    if (parsed.success && parsed.data !== undefined) found[name] = parsed.data;
  }
  return found as Partial<z.output<z.ZodObject<Shape>>>;
}

/**
 * The same of the common fields, with the names of those that cannot be read.
 * @param own fields of the method's schema: a common one that has another default there has it here
 */
export function readableCommonFields(
  raw: unknown,
  own: z.ZodRawShape = {},
): {
  fields: Partial<RunSettings>;
  faulty: ReadonlySet<string>;
} {
  const shape = Object.fromEntries(
    Object.entries(commonFields).map(([name, field]) => [name, own[name] ?? field]),
  );
  const schema = z.object(shape as unknown as typeof commonFields);
  const parsed = schema.safeParse(raw);
  const faulty = new Set(parsed.success ? [] : faultsOf(parsed.error, raw).map(({ path }) => path));
  return { fields: readableFields(schema, raw), faulty };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
