import { partName } from './image-place.ts';
import { openImage, type Reading } from './open-image.ts';
import type { Picture } from './picture.ts';
import { placeOnDisk, readImageFile } from './read-file.ts';

/** A picture by the name that `dataset add` would give it. */
export interface NamedPicture {
  /** The path, with `#PART` where the file holds several pictures. */
  name: string;
  part: number | null;
  picture: Picture;
}

/**
 * Reads the pictures of a file one after another: one, or all frames or chosen slices; of a path with `#PART`, that one.
 * @throws UnreadableImage
 */
export async function* readPictures(path: string, reading: Reading): AsyncGenerator<NamedPicture> {
  const { file, part } = await placeOnDisk(path);
  const opened = await openImage(await readImageFile(file), reading);
  for (const one of part === null ? opened.parts : [part]) {
    const { picture } = await opened.decode(one);
    yield { name: one === null ? file : partName(file, one), part: one, picture };
  }
}
