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
