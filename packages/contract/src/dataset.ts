import './zod-without-jit.ts';
import { z } from 'zod';
import { sha256Schema } from './sha256.ts';

/** Sides that images are packed at, in pixels; 64 is the DDAD paper's. A method says which of them it takes. */
export const imageSizes = [64, 128, 224, 256] as const;
export type ImageSize = (typeof imageSizes)[number];
export const defaultImageSize = 64;

/** Name of a part of a dataset. */
export type Part = 'train' | 'unlabeled' | 'test' | 'validation';

/** Name of a dataset: what object keys and URLs carry unescaped. */
export const datasetNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'expected 1 to 63 of a-z, 0-9, ".", "_", "-", starting with a letter or digit',
  );

const count = z.int().min(0);
const imageSize = z.int().min(1).max(4096);
const positions = z.array(count);

const labelledPart = z.discriminatedUnion('labels', [
  z.object({ labels: z.literal('known'), normal: positions, abnormal: positions }),
  z.object({ labels: z.literal('unknown'), images: positions }),
  z.object({ labels: z.literal('none') }),
]);

const pathologySchema = z.object({
  name: z.string(),
  /** Positions of the images that show it, rising; at least one. */
  images: positions.min(1),
});

/** A lower and an upper end, in the unit of what is read. */
const endsSchema = z
  .tuple([z.number(), z.number()])
  .refine(([from, to]) => from <= to, { error: 'expected the lower end first' });

/** Axes that volumes are cut along. */
export const sliceAxes = ['axial', 'coronal', 'sagittal'] as const;
export type SliceAxis = (typeof sliceAxes)[number];

/** How volumes became slices. */
const volumesSchema = z.object({
  axis: z.enum(sliceAxes),
  /** Every how many slices one was taken. */
  every: z.int().min(1),
  /** Share of a slice's pixels that must be brighter than a tenth of the window. */
  minForeground: z.number().min(0).max(1),
  /** Of the voxels above a volume's lowest value: what became black and white. */
  percentiles: endsSchema,
  /** What they are of each volume, by its name. */
  windows: z.record(z.string(), endsSchema),
});

/** Which test images have a mask. */
const masksSchema = z.object({
  /** SHA-256 over the masks' object, see `datasetKeys.masks`. */
  digest: sha256Schema,
  /**
   * Positions of the test images that have one, in the order in which the object holds them. Normal ones are not among them:
   * nothing is in them.
   */
  images: positions.min(1),
});

/**
 * A packed dataset's index, stored as JSON beside its pixels. Positions count in the packed pixels, from 0.
 * File names stay in this object and in scores.csv; they never reach Temporal, NATS or a log.
 * An object of a later version may have further fields: the schema lets them pass, and the dataset's digest covers them.
 */
export const datasetIndexSchema = z
  .object({
    format: z.literal(1),
    /** Side of the square images in pixels. */
    imageSize,
    /** Names as data.json lists them, by position. */
    images: z.array(z.string()),
    /** D_n, in the order of data.json. */
    train: positions,
    /** D_u's pool: known labels, no labels, or none at all (both kinds empty: `labels: 'none'`). */
    unlabeled: labelledPart,
    test: labelledPart,
    /** Held-out normal images; empty where there are none. */
    validation: positions,
    /** Groups of positions whose decoded pixels are equal (before resizing); groups of two and more only. */
    copies: z.array(positions.min(2)),
    /** True for datasets made by a generator. */
    synthetic: z.boolean(),
    /** What is named of abnormal images, by name; an image may show several. Absent where there is no labels.csv. */
    pathologies: z.array(pathologySchema).optional(),
    /** Patient numbers by position, from 1, null where none is known: they count and mean nothing else. Absent where no image has one. */
    patients: z.array(z.int().min(1).nullable()).optional(),
    /** Bytes a pixel: red, green and blue. Absent of grey datasets, which have one. */
    channels: z.literal(3).optional(),
    /** Values of 16-bit images (PNG, TIFF) that became 0 and 255. Absent where there are none, or it is 0 and 65535. */
    range: endsSchema.optional(),
    /** Absent where no image is a slice of a volume. */
    volumes: volumesSchema.optional(),
    /** Absent where no test image has a mask. */
    masks: masksSchema.optional(),
  })
  .superRefine((index, context) => {
    const images = index.images.length;
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    for (const [path, list] of positionLists(index)) {
      const beyond = list.find((position) => position >= images);
      if (beyond !== undefined)
        fault(path, `expected positions below ${images}, the number of images, got ${beyond}`);
    }
    const patients = index.patients?.length ?? images;
    if (patients !== images)
      fault(['patients'], `expected ${images} entries, one for each image, got ${patients}`);
  });
export type DatasetIndex = z.infer<typeof datasetIndexSchema>;

/** How a dataset's files were read, as far as other files need it that are to be read so too: nothing in it names a file. */
export const readingFactsSchema = z.object({
  channels: z.literal(3).optional(),
  range: endsSchema.optional(),
  volumes: volumesSchema.omit({ windows: true }).optional(),
});
export type ReadingFacts = z.infer<typeof readingFactsSchema>;

/** @returns an empty object for datasets from before there was a choice */
export function readingFacts({ channels, range, volumes }: Omit<DatasetIndex, 'format'>): ReadingFacts {
  return readingFactsSchema.parse({
    ...(channels === undefined ? {} : { channels }),
    ...(range === undefined ? {} : { range }),
    ...(volumes === undefined ? {} : { volumes }),
  });
}

/** A pathology with the positions of the images that show it. */
export type Pathology = z.infer<typeof pathologySchema>;

const packingSchema = z.object({
  imageSize,
  /** SHA-256 over index and pixels; the packed objects lie under it. */
  digest: sha256Schema,
});

/** The same images at one size. */
export type Packing = z.infer<typeof packingSchema>;

/** AUC of what needs no network, by what it is. */
export const separationsSchema = z.array(z.object({ of: z.string(), auc: z.number().min(0).max(1) }));

/**
 * What a name stands for; the only mutable object of a dataset, replaced whole by `dataset add`. A record of a later
 * version may have further fields.
 */
export const datasetRecordSchema = z.object({
  name: datasetNameSchema,
  /**
   * Of the packing that stands for the dataset where no size is named: that of 64, else the smallest. A run has to name one where
   * there are several others.
   */
  digest: sha256Schema,
  /** By size; absent in records from before there were several: `digest` alone, at 64. */
  packings: z.array(packingSchema).min(1).optional(),
  addedAt: z.iso.datetime(),
  counts: z.object({ train: count, unlabeled: count, test: count, validation: count, copies: count }),
  synthetic: z.boolean(),
  /** AUC of what the test images' files have besides pixels, 0.5 to 1; absent where there are no labels, and in older records. */
  separations: separationsSchema.optional(),
  /**
   * The same of unlabeled against normal images outside of the test: what tells sources apart. Absent where there are none, and
   * in older records.
   */
  sourceSeparations: separationsSchema.optional(),
});
export type DatasetRecord = z.infer<typeof datasetRecordSchema>;

/** A dataset's packings, smallest first. */
export function packingsOf({ digest, packings }: Pick<DatasetRecord, 'digest' | 'packings'>): Packing[] {
  return packings ?? [{ imageSize: defaultImageSize, digest }];
}

/** Object keys of a packed dataset. */
export const datasetKeys = {
  record: (name: string) => `datasets/names/${name}.json`,
  /** What the keys of packed images of one size begin with. */
  packing: (digest: string) => `datasets/${digest}/`,
  index: (digest: string) => `datasets/${digest}/index.json`,
  /** Unsigned bytes, image after image, rows from the top. */
  pixels: (digest: string) => `datasets/${digest}/pixels.u8`,
  /** A byte a pixel, 1 inside and 0 outside, mask after mask in the order of `masks.images` of the index, rows from the top. */
  masks: (digest: string) => `datasets/${digest}/masks.u8`,
};

/** Every list of positions of an index, with its place in it. */
function positionLists(index: Omit<DatasetIndex, 'format'>): [(string | number)[], number[]][] {
  const ofPart = (name: 'unlabeled' | 'test'): [(string | number)[], number[]][] => {
    const part = index[name];
    if (part.labels === 'none') return [];
    if (part.labels === 'unknown') return [[[name, 'images'], part.images]];
    return [
      [[name, 'normal'], part.normal],
      [[name, 'abnormal'], part.abnormal],
    ];
  };
  return [
    [['train'], index.train],
    ...ofPart('unlabeled'),
    ...ofPart('test'),
    [['validation'], index.validation],
    ...index.copies.map((group, i): [(string | number)[], number[]] => [['copies', i], group]),
    ...(index.pathologies ?? []).map(({ images }, i): [(string | number)[], number[]] => [
      ['pathologies', i, 'images'],
      images,
    ]),
    ...(index.masks === undefined
      ? []
      : [[['masks', 'images'], index.masks.images] satisfies [string[], number[]]]),
  ];
}
