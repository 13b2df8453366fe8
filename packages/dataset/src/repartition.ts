import { type Fault, faultsOf, type Part } from '@ddad/contract';
import { z } from 'zod';
import { parseJsonText } from './text/json-text.ts';

/**
 * data.json: which image belongs to which part ("Med-AD layout"). Names are relative to `images/`. Label 0 is
 * normal, 1 abnormal; a flat list says that nobody knows.
 */
export interface Repartition {
  train: string[];
  unlabeled: Labelled;
  test: Labelled;
  validation: string[];
  synthetic: boolean;
}

/** A part whose labels are known, unknown, or that has no images. */
export type Labelled =
  | { labels: 'known'; normal: string[]; abnormal: string[] }
  | { labels: 'unknown'; images: string[] }
  | { labels: 'none' };

/** A name with its place in data.json, e.g. `train.unlabeled.1.17`. */
export interface ListedImage {
  name: string;
  path: string;
}

/** Where in data.json an image is listed: `train.unlabeled.1` for `train.unlabeled.1.17`. */
export function placeOf({ path }: ListedImage): string {
  return path.slice(0, path.lastIndexOf('.'));
}

/** The part of the dataset that an image belongs to. */
export function partOf(image: ListedImage): Part {
  const place = placeOf(image);
  if (place.startsWith('train.unlabeled')) return 'unlabeled';
  if (place.startsWith('validation')) return 'validation';
  return place.startsWith('test') ? 'test' : 'train';
}

/**
 * Equal for names of one file: a letter with an accent is one character (NFC) or two (NFD, as macOS writes names), and looks
 * the same.
 */
export const sameName = (name: string) => name.normalize('NFC');

const segmentsOf = (name: string) => name.split(/[/\\]/);

/** Whether a name stays below `images/` and has one spelling only. */
function staysInside(name: string): boolean {
  return (
    !name.includes('\\') &&
    !name.includes('\0') &&
    segmentsOf(name).every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

const nameSchema = z.string({ error: 'expected a file name in images/' }).refine(staysInside, {
  error: 'expected a file name inside images/ (no absolute path, no "." or ".." step, no backslash)',
});
const namesSchema = z.array(nameSchema, { error: 'expected a list of file names' });
const normalsSchema = namesSchema.min(1, 'expected at least one normal training image');
const labelledSchema = z.strictObject(
  { '0': namesSchema.optional(), '1': namesSchema.optional() },
  { error: 'expected {"0": [normal images], "1": [abnormal images]} or a flat list' },
);
/** The fitting branch decides by hand: a union would report only that neither branch fits. */
const partSchema = z.unknown().transform((value, context): Labelled => {
  const flat = Array.isArray(value);
  const parsed = flat ? namesSchema.safeParse(value) : labelledSchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.issues.push({ ...issue, input: undefined } as z.core.$ZodRawIssue);
    return z.NEVER;
  }
  if (Array.isArray(parsed.data)) {
    return parsed.data.length === 0 ? { labels: 'none' } : { labels: 'unknown', images: parsed.data };
  }
  const normal = parsed.data['0'] ?? [];
  const abnormal = parsed.data['1'] ?? [];
  return normal.length + abnormal.length === 0 ? { labels: 'none' } : { labels: 'known', normal, abnormal };
});

const testSchema = partSchema.superRefine((test, context) => {
  // After a fault in the lists there is no part here.
  if (test?.labels !== 'known' || (test.normal.length > 0 && test.abnormal.length > 0)) return;
  context.addIssue({
    code: 'custom',
    message:
      `expected test images of both labels, which AUC compares (images without labels go into a flat list); ` +
      `there are ${test.normal.length} of label 0 and ${test.abnormal.length} of label 1`,
  });
});

const dataJsonSchema = z.strictObject(
  {
    train: z.strictObject(
      {
        '0': normalsSchema,
        '1': z
          .undefined({
            error:
              'expected no abnormal images in train (they belong in train.unlabeled, or nowhere: D_n is normal)',
          })
          .optional(),
        unlabeled: partSchema.optional(),
      },
      { error: 'expected {"0": [normal images], "unlabeled": ...}' },
    ),
    test: testSchema.optional(),
    validation: z
      .strictObject({ '0': namesSchema.optional() }, { error: 'expected {"0": [normal images]}' })
      .optional(),
    synthetic: z.boolean({ error: 'expected true or false' }).optional(),
  },
  { error: 'expected an object with "train" and, if there are, "test" and "validation"' },
);

/** Every name at a place where names may stand, whatever else is wrong, so that its file is checked as well. */
function collectNames(value: unknown, path: string): ListedImage[] {
  if (typeof value === 'string') return staysInside(value) ? [{ name: value, path }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => collectNames(inner, `${path}.${key}`));
}

/** Images that the content of a data.json lists, with their places, whatever else is wrong with it. */
export function listedImages(content: unknown): ListedImage[] {
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([key, value]) =>
    ['train', 'test', 'validation'].includes(key) ? collectNames(value, key) : [],
  );
}

function repeatedNames(images: readonly ListedImage[]): Fault[] {
  const seen = new Map<string, string>();
  return images.flatMap(({ name, path }): Fault[] => {
    const first = seen.get(sameName(name));
    if (first === undefined) {
      seen.set(sameName(name), path);
      return [];
    }
    return [{ path, message: `expected every image once, got "${name}" again, listed at ${first} already` }];
  });
}

/** The text of a data.json without some of its images. */
export function withoutImages(text: Uint8Array, names: ReadonlySet<string>): string {
  const kept = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((name) => !names.has(name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, kept(inner)]));
  };
  return JSON.stringify(kept(JSON.parse(new TextDecoder().decode(text))));
}

/**
 * Reads a data.json, its bytes or its text. Files are not looked at.
 * @param file its name, for faults
 * @returns every fault (syntax, shape, names listed twice); the repartition where there is none; and all usable
 * names either way, each once, so that faults of their files can be listed together with these
 */
export function parseRepartition(
  text: Uint8Array | string,
  file = 'data.json',
): {
  repartition: Repartition | null;
  images: ListedImage[];
  faults: Fault[];
} {
  const read = parseJsonText(text, file);
  // A half-read list would call images missing that the rest of the file holds.
  if ('faults' in read) return { repartition: null, images: [], faults: read.faults };
  const raw = read.value;
  const parsed = dataJsonSchema.safeParse(raw);
  const listed = listedImages(raw);
  const names = new Set<string>();
  const images = listed.filter(({ name }) => {
    const one = sameName(name);
    return !names.has(one) && names.add(one);
  });
  const faults = [
    ...(parsed.success ? [] : faultsOf(parsed.error, raw)).map(({ path, message }) => ({
      path: path === '' ? file : path,
      message,
    })),
    ...repeatedNames(listed),
  ];
  if (!parsed.success || faults.length > 0) return { repartition: null, images, faults };
  const { train, test, validation, synthetic } = parsed.data;
  return {
    repartition: {
      train: train['0'],
      unlabeled: train.unlabeled ?? { labels: 'none' },
      test: test ?? { labels: 'none' },
      validation: validation?.['0'] ?? [],
      synthetic: synthetic ?? false,
    },
    images,
    faults,
  };
}
