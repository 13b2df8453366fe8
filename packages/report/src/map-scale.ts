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
 * Finds one scale for all maps of a kind, so that their images can be compared: from 0 to the value that 99.9 % of all pixels
 * stay below. Maps that are 0 everywhere get the end 1. It reads the maps once, in pieces, and keeps two thousandths of them.
 */
export class MapScaleFinder {
  /** How many of the largest values decide the end: it is the smallest of them. */
  readonly #wanted: number;
  /** The largest values so far among others, unsorted. */
  readonly #kept: Float32Array;
  #count = 0;
  /** The smallest of the largest values, once there are enough: only larger ones change anything. */
  #least = Number.NEGATIVE_INFINITY;

  /** @param pixels of all maps together */
  constructor(pixels: number) {
    this.#wanted = pixels - Math.min(Math.max(0, pixels - 1), Math.floor(pixels * shareBelowEnd));
    this.#kept = new Float32Array(2 * this.#wanted);
  }

  /** @param values the next pixel scores, none negative */
  add(values: Float32Array): void {
    for (const value of values) {
      if (value <= this.#least) continue;
      if (this.#count === this.#kept.length) this.#drop();
      this.#kept[this.#count] = value;
      this.#count += 1;
    }
  }

  scale(): MapScale {
    this.#drop();
    const max = this.#kept[this.#count - 1] ?? 0;
    const end = this.#kept[0] ?? 0;
    return { end: end > 0 ? end : max > 0 ? max : 1, max };
  }

  /** Keeps the largest values alone, rising. */
  #drop(): void {
    const sorted = this.#kept.subarray(0, this.#count).sort();
    this.#count = Math.min(this.#count, this.#wanted);
    sorted.copyWithin(0, sorted.length - this.#count);
    this.#least = this.#count === this.#wanted ? (sorted[0] ?? 0) : Number.NEGATIVE_INFINITY;
  }
}

/** The scale of maps that are at hand. @param maps pixel scores of all test images, none negative */
export function mapScale(maps: Float32Array): MapScale {
  const finder = new MapScaleFinder(maps.length);
  finder.add(maps);
  return finder.scale();
}

/** One map's pixels as unsigned bytes on the scale. */
export function toBytes(map: Float32Array, { end }: Pick<MapScale, 'end'>): Uint8Array {
  return Uint8Array.from(map, (value) => Math.round(Math.min(1, Math.max(0, value / end)) * 255));
}
