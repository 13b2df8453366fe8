import { createHash } from 'node:crypto';
import { isNifti } from './image-kinds.ts';
import { type DecodedPart, type OpenedImage, openImage, type Reading } from './open-image.ts';
import { readImageFile } from './read-file.ts';
import { resizePicture } from './resize.ts';
import type { Original } from './trivial-separation.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** A file to be read, and what of it. */
export interface FileJob {
  path: string;
  /** Null: all that it holds, of volumes the chosen slices. */
  parts: (number | null)[];
  /** Sides that pictures are resized to. */
  sizes: readonly number[];
  reading: Reading;
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
}

/** What became of one of a job's `parts`: its pictures, one unless all were asked for, or why there are none. */
export type PartOutcome = { pictures: PackedPart[] } | { fault: string };

export interface FileOutcome {
  patient: OpenedImage['patient'];
  window: OpenedImage['window'];
  parts: PartOutcome[];
}

/** Room in memory for what decoders take; asked for before, given back after. */
export type Room = (bytes: number) => () => void;

/**
 * Reads a file, decodes what is asked for and resizes it.
 * @param room waits until there is memory
 */
export async function decodeFile(job: FileJob, room: Room): Promise<FileOutcome> {
  const failed = (error: unknown): FileOutcome => {
    if (!(error instanceof UnreadableImage)) throw error;
    return { patient: null, window: null, parts: job.parts.map(() => ({ fault: error.message })) };
  };
  let release = () => {};
  try {
    const file = await readImageFile(job.path);
    const volume = volumeBytes(file);
    if (volume > 0) release = room(file.length + volume);
    const opened = await openImage(file, job.reading);
    // Asked for once: two that hold some and wait for more would wait for ever.
    if (volume === 0) release = room(file.length + opened.bytes);
    const parts: PartOutcome[] = [];
    for (const part of job.parts) parts.push(await partOutcome(opened, part, job.sizes));
    return { patient: opened.patient, window: opened.window, parts };
  } catch (error) {
    return failed(error);
  } finally {
    release();
  }
}

/** Bytes that a volume takes as soon as it is opened; 0 for all other files. A gzip file ends with what it unpacks to. */
function volumeBytes(file: Buffer): number {
  if (file.length < 348) return 0;
  if (file.readUInt16BE(0) === 0x1f8b) return file.readUInt32LE(file.length - 4);
  return isNifti(file) ? file.length : 0;
}

async function partOutcome(
  opened: OpenedImage,
  part: number | null,
  sizes: readonly number[],
): Promise<PartOutcome> {
  try {
    const wanted = part === null ? opened.parts : [part];
    if (wanted.length === 0)
      return { fault: 'expected slices with a foreground (--min-foreground), got none' };
    const pictures: PackedPart[] = [];
    for (const one of wanted)
      pictures.push(packed(one, await opened.decode(one), { sizes, kind: opened.kind }));
    return { pictures };
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return { fault: error.message };
  }
}

function packed(
  part: number | null,
  { picture, sixteenBits }: DecodedPart,
  { sizes, kind }: { sizes: readonly number[]; kind: string },
): PackedPart {
  const { width, height, channels, pixels } = picture;
  const shape = `${width}x${height}${channels === 1 ? '' : `x${channels}`}\n`;
  return {
    part,
    // Copies: what has the size already is the decoder's memory.
    pixels: sizes.map((size) => new Uint8Array(resizePicture(picture, size, size).pixels)),
    digest: createHash('sha256').update(shape).update(pixels).digest('hex'),
    original: { width, height, kind },
    sixteenBits,
  };
}
