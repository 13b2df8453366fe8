import { createHash } from 'node:crypto';
import type { GreyImage } from './grey.ts';
import type { ImageKind } from './image-kinds.ts';
import { requireMaskKind } from './masks/mask-kinds.ts';
import { resizeNearest } from './masks/resize-nearest.ts';
import type { HeldRoom, Room } from './memory-room.ts';
import type { DecodedPart, OpenedImage, Reading } from './open-image.ts';
import { openWithinRoom } from './open-within-room.ts';
import { resizePicture } from './resize.ts';
import type { Original } from './trivial-separation.ts';
import { faultOfFile } from './unreadable-image.ts';

/** A file to be read, and what of it. */
export interface FileJob {
  path: string;
  /** Null: all that it holds, of volumes the chosen slices. */
  parts: (number | null)[];
  /** Sides that pictures are resized to. */
  sizes: readonly number[];
  reading: Reading;
  /** Read as masks: 0 and 1, brought to the sizes by nearest; see `requireMaskKind`. */
  masks?: { ofVolume: boolean };
}

/** A picture as it goes into a dataset. */
export interface PackedPart {
  part: number | null;
  /** By size: [size, size, channels]. */
  pixels: Uint8Array[];
  /** SHA-256 over the decoded picture, its shape included: of copies it is the same. */
  digest: string;
  original: Original;
  sixteenBits: DecodedPart['sixteenBits'];
  /** Of a mask: its pixels above 0, before it was resized. */
  inside?: number;
}

/** What became of one of a job's `parts`: its pictures, one unless all were asked for, or why there are none. */
export type PartOutcome = { pictures: PackedPart[] } | { fault: string };

export interface FileOutcome {
  patient: OpenedImage['patient'];
  window: OpenedImage['window'];
  parts: PartOutcome[];
}

/**
 * Reads a file, decodes what is asked for and resizes it. Whatever is wrong with the file is in the outcome.
 * @param room waits until there is memory
 * @throws what is no fault of the file (see `faultOfFile`)
 */
export async function decodeFile(job: FileJob, room: Room): Promise<FileOutcome> {
  const failed = (error: unknown): FileOutcome => {
    const fault = faultOfFile(error);
    return { patient: null, window: null, parts: job.parts.map(() => ({ fault })) };
  };
  const requireMask = (file: Buffer, kind: ImageKind) => {
    if (job.masks !== undefined) requireMaskKind(file, kind, job.masks.ofVolume);
  };
  let held: HeldRoom | null = null;
  try {
    const within = await openWithinRoom(job.path, job.reading, room, requireMask);
    held = within.held;
    const { opened } = within;
    const parts: PartOutcome[] = [];
    for (const part of job.parts) parts.push(await partOutcome(opened, part, job));
    return { patient: opened.patient, window: opened.window, parts };
  } catch (error) {
    return failed(error);
  } finally {
    held?.release();
  }
}

async function partOutcome(
  opened: OpenedImage,
  part: number | null,
  { sizes, masks }: Pick<FileJob, 'sizes' | 'masks'>,
): Promise<PartOutcome> {
  try {
    const wanted = part === null ? opened.parts : [part];
    if (wanted.length === 0)
      return { fault: 'expected slices with a foreground (--min-foreground), got none' };
    const pictures: PackedPart[] = [];
    for (const one of wanted) {
      pictures.push(
        masks !== undefined
          ? packedMask(one, await opened.mask(one), sizes, opened)
          : packed(one, await opened.decode(one), sizes, opened),
      );
    }
    return { pictures };
  } catch (error) {
    return { fault: faultOfFile(error) };
  }
}

function packed(
  part: number | null,
  { picture, sixteenBits }: DecodedPart,
  sizes: readonly number[],
  { kind, stored }: OpenedImage,
): PackedPart {
  const { width, height, channels } = picture;
  return {
    part,
    // Copies: what has the size already is the decoder's memory.
    pixels: sizes.map((size) => new Uint8Array(resizePicture(picture, size, size).pixels)),
    digest: pictureDigest(picture, channels),
    original: { ...(stored ?? { width, height }), kind },
    sixteenBits,
  };
}

function packedMask(
  part: number | null,
  mask: GreyImage,
  sizes: readonly number[],
  { kind, stored }: OpenedImage,
): PackedPart {
  const { width, height } = mask;
  return {
    part,
    pixels: sizes.map((size) => resizeNearest(mask, size, size).pixels),
    digest: pictureDigest(mask, 1),
    original: { ...(stored ?? { width, height }), kind },
    sixteenBits: null,
    inside: mask.pixels.reduce((sum, one) => sum + one, 0),
  };
}

function pictureDigest({ width, height, pixels }: GreyImage, channels: 1 | 3): string {
  const shape = `${width}x${height}${channels === 1 ? '' : `x${channels}`}\n`;
  return createHash('sha256').update(shape).update(pixels).digest('hex');
}
