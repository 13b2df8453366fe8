/** How a kind of heat map becomes 8-bit images: 0 is black, `end` and all above is white. */
export interface MapScale {
  /** Value at the upper end. */
  end: number;
  /** Largest value that occurs. */
  max: number;
}

/** Share of pixels below the end: a few bright pixels must not darken all others. */
const shareBelowEnd = 0.999;

/**
 * One scale for all maps of a kind, so that their images can be compared: from 0 to the value that 99.9 % of all pixels stay
 * below. Maps that are 0 everywhere get the end 1.
 * @param maps pixel scores of all test images, none negative
 */
export function mapScale(maps: Float32Array): MapScale {
  const sorted = maps.slice().sort();
  const max = sorted.at(-1) ?? 0;
  const end = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * shareBelowEnd))] ?? 0;
  return { end: end > 0 ? end : max > 0 ? max : 1, max };
}

/** One map's pixels as unsigned bytes on the scale. */
export function toBytes(map: Float32Array, { end }: MapScale): Uint8Array {
  return Uint8Array.from(map, (value) => Math.round(Math.min(1, Math.max(0, value / end)) * 255));
}
