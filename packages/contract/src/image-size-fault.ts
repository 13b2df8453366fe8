import type { Fault } from './fault.ts';
import type { Method } from './method.ts';

/**
 * A size of images that a method's networks do not take.
 * @param imageSize side of the images in pixels, asked for or the dataset's own
 */
export function imageSizeFaults(
  { name, imageSizes }: Pick<Method, 'name' | 'imageSizes'>,
  imageSize: number,
): Fault[] {
  if (imageSizes === undefined || imageSizes.some((size) => size === imageSize)) return [];
  const message = `expected ${imageSizes.join(' or ')} with method ${name}, whose networks take no other size, got ${imageSize}`;
  return [{ path: 'imageSize', message }];
}
