import { foregroundGrey, leastBrightness, peakWindow, type Reduction, topPixels } from '@ddad/contract';
import { brightness, foregroundMean, peakMean, topMean } from './image-scores.ts';

/**
 * What a heat map gives beside its mean, by reduction.
 * @param map pixel scores, [side, side] flattened
 * @param pixels of its image, as many, grey values 0 to 255
 * @throws RangeError where they are not so many
 */
export function reduceMap(map: Float32Array, pixels: Uint8Array): Record<Reduction, number> {
  const side = Math.sqrt(map.length);
  const top = topMean(map, topPixels(map.length));
  return {
    top,
    peak: peakMean(map, side, peakWindow(side)),
    relative: top / Math.max(leastBrightness, brightness(pixels)),
    foreground: foregroundMean(map, pixels, foregroundGrey),
  };
}

/**
 * The same of many maps, as `reduceMap` has it of each.
 * @param maps pixel scores, [images, side, side] flattened
 * @param pixels of their images, as many
 * @param images how many there are
 */
export function reduceMaps(
  maps: Float32Array,
  pixels: Uint8Array,
  images: number,
): Record<Reduction, number>[] {
  const area = maps.length / images;
  return Array.from({ length: images }, (_, image) => {
    const [from, to] = [image * area, (image + 1) * area];
    return reduceMap(maps.subarray(from, to), pixels.subarray(from, to));
  });
}
