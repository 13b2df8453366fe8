import { kindOf } from './image-kinds.ts';
import { partName } from './image-place.ts';
import { openImage, type Reading } from './open-image.ts';
import type { Picture } from './picture.ts';
import { type CoarseValues, coarseValues } from './raster/sixteen-bits.ts';
import type { RoomAhead } from './read-ahead.ts';
import { placeOnDisk, readImageFile } from './read-file.ts';

/** A picture by the name that `dataset add` would give it. */
export interface NamedPicture {
  /** The path, with `#PART` where the file holds several pictures. */
  name: string;
  part: number | null;
  picture: Picture;
  /** Of a 16-bit image of which next to no grey levels are left (see `coarseValues`); null for all others. */
  coarse: CoarseValues | null;
  /** The content of its file, the same one for all pictures of it. */
  content: Buffer;
}

/**
 * Reads the pictures of a file one after another: one, or all frames or chosen slices; of a path with `#PART`, that one.
 * @param room waits until there is memory
 * @throws UnreadableImage
 */
export async function* readPictures(
  path: string,
  reading: Reading,
  room: RoomAhead = async () => () => {},
): AsyncGenerator<NamedPicture> {
  const { file, part } = await placeOnDisk(path);
  const taken: (() => void)[] = [];
  const take = async (bytes: number) => {
    taken.push(await room(bytes));
  };
  try {
    const content = await readImageFile(file, take);
    // A volume has many pictures to be gone over, and all of it is in memory before it says how large it is.
    if (['NIfTI', 'gzip'].includes(kindOf(content))) await take(Number.POSITIVE_INFINITY);
    const opened = await openImage(content, reading);
    await take(opened.bytes);
    for (const one of part === null ? opened.parts : [part]) {
      const { picture, sixteenBits } = await opened.decode(one);
      const coarse = sixteenBits && coarseValues(sixteenBits);
      yield { name: one === null ? file : partName(file, one), part: one, picture, coarse, content };
    }
  } finally {
    for (const giveBack of taken) giveBack();
  }
}
