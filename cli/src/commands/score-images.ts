import {
  faultOfFile,
  type HeatMapSource,
  heatMapSource,
  isDicom,
  type NamedPicture,
  type RoomAhead,
  readingAs,
  readPictures,
  resizeBilinear,
} from '@ddad/dataset';
import type { PipelineFacts } from '@ddad/onnx';

/** Images scored at a time, whose maps are in memory together; of one file too. */
const batch = 16;

/** A file of images, and what the names of its heat maps begin with. */
export interface ImageFile {
  path: string;
  stem: string;
}

export interface ReadImage {
  /** As it was named; of a file with several pictures, with `#PART`. */
  path: string;
  /** Of its file. */
  stem: string;
  /** Frame or slice; null where the file has one picture. */
  part: number | null;
  width: number;
  height: number;
  /** [side, side] */
  pixels: Uint8Array;
  /** Of a 16-bit image of which next to no grey levels are left; null for all others. */
  coarse: NamedPicture['coarse'];
  /** Of the heat maps as DICOM objects, or why there are none; null where it is no DICOM file. Absent where none are wanted. */
  source?: HeatMapSource | { fault: string } | null;
}

/** What could not be read. */
export interface Unread {
  path: string;
  fault: string;
}

/**
 * As `dataset add` read the run's own images: grey, resized. Some at a time, so that of a file with few pictures nothing else is in
 * memory any more when they are handed on.
 * @param withSource whether heat maps as DICOM objects are wanted
 */
export async function* readForNetwork(
  { path, stem }: ImageFile,
  { imageSize, reading }: PipelineFacts,
  withSource: boolean,
  room: RoomAhead,
): AsyncGenerator<(ReadImage | Unread)[]> {
  let images: ReadImage[] = [];
  let source: ReadImage['source'];
  try {
    for await (const { picture, part, name, coarse, content } of readPictures(
      path,
      readingAs(reading ?? {}),
      room,
    )) {
      const { width, height } = picture;
      const { pixels } = resizeBilinear(picture, imageSize, imageSize);
      if (withSource) source ??= sourceOf(content);
      const of = source === undefined ? {} : { source };
      images.push({ path: part === null ? path : name, stem, part, width, height, pixels, coarse, ...of });
      if (images.length === batch) {
        yield images;
        images = [];
      }
    }
    yield images;
  } catch (error) {
    yield [...images, { path, fault: faultOfFile(error) }];
  }
}

function sourceOf(file: Buffer): NonNullable<ReadImage['source']> | null {
  if (!isDicom(file)) return null;
  try {
    return heatMapSource(file);
  } catch (error) {
    return { fault: faultOfFile(error) };
  }
}

/** The same in their order, `batch` at a time. */
export async function* inBatches<T>(some: AsyncIterable<readonly T[]>): AsyncGenerator<T[]> {
  let together: T[] = [];
  for await (const images of some) {
    for (const image of images) {
      together.push(image);
      if (together.length < batch) continue;
      yield together;
      together = [];
    }
  }
  if (together.length > 0) yield together;
}
