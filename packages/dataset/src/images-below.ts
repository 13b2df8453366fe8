import { join } from 'node:path';
import { filesBelow } from './find-images.ts';
import { mayBeImage } from './layouts/image-folders.ts';

/**
 * Paths of the files below a directory, at any depth, that may be images by their names, in their order; and how many others
 * there are. Links are followed.
 * @throws where the directory cannot be read
 */
export async function imagesBelow(directory: string): Promise<{ images: string[]; others: number }> {
  const { files, passedOver } = await filesBelow(directory);
  const images = files.filter(mayBeImage);
  return {
    images: images.map((file) => join(directory, file)),
    others: files.length - images.length + passedOver,
  };
}
