import { imageSizes, sha256Schema } from '@ddad/contract';
import { z } from 'zod';

/** A derived seed. */
export const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 48 - 1);

/** Of an optimiser's first step. */
export const learningRateSchema = z.number().positive().max(1);

/** Images a step of a network with batch normalisation, which has no spread of a single one. */
export const normalisedBatchSchema = z.int().min(2).max(1024);

/**
 * Side of the square images in pixels.
 * @param sides that the networks are proven at
 */
export const sideSchema = (sides: readonly number[]) =>
  z.int().refine((side) => sides.some((size) => size === side), `expected ${sides.join(' or ')}`);

/**
 * Which images an artifact is about, and their size.
 * @param sides that the networks are proven at; default: all that datasets are packed at
 */
export const imageFields = (sides: readonly number[] = imageSizes) => ({
  /** SHA-256 over the pixels in order. */
  imagesDigest: sha256Schema,
  imageSize: sideSchema(sides),
});
