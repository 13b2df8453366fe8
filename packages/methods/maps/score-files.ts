import { join } from 'node:path';
import { type NamedTensor, SafetensorsWriter, writeSafetensors } from '@ddad/storage/safetensors';

/** Prefix of what a step gives as maps, [B,H,W]; the rest are scores, [B]. */
const mapPrefix = 'map.';

export interface ScoredImages {
  /** Scratch directory. */
  directory: string;
  count: number;
  /** Of the square images, in pixels. */
  side: number;
  /** Names of the maps that every batch has. */
  maps: readonly string[];
}

/**
 * Files `scores` (a tensor [T] a score) and `maps` (a tensor [T,H,W] a map) of images that are scored in batches. Maps go to
 * the file batch by batch: those of many images fit into no memory.
 */
export class ScoreFiles {
  readonly #count: number;
  readonly #paths: { scores: string; maps: string };
  readonly #area: number;
  readonly #maps: SafetensorsWriter;
  readonly #scores = new Map<string, Float32Array>();
  #done = 0;

  private constructor(
    { count, side }: ScoredImages,
    paths: { scores: string; maps: string },
    maps: SafetensorsWriter,
  ) {
    this.#count = count;
    this.#area = side * side;
    this.#paths = paths;
    this.#maps = maps;
  }

  static async create(images: ScoredImages): Promise<ScoreFiles> {
    const { directory, count, side } = images;
    const paths = {
      scores: join(directory, 'scores.safetensors'),
      maps: join(directory, 'maps.safetensors'),
    };
    const shapes = new Map(images.maps.map((name) => [name, [count, side, side]]));
    return new ScoreFiles(images, paths, await SafetensorsWriter.create(paths.maps, shapes));
  }

  /**
   * Takes what a step gives of the next images.
   * @param found by name: maps under `map.NAME`, scores under their names
   * @param images how many there are in the batch; what it gives of more is surplus
   */
  async add(found: Readonly<Record<string, Float32Array>>, images: number): Promise<void> {
    const start = this.#done;
    this.#done += images;
    for (const [name, values] of Object.entries(found)) {
      if (name.startsWith(mapPrefix)) {
        await this.#maps.write(name.slice(mapPrefix.length), values.subarray(0, images * this.#area));
        continue;
      }
      const all = this.#scores.get(name) ?? new Float32Array(this.#count);
      this.#scores.set(name, all);
      all.set(values.subarray(0, images), start);
    }
  }

  /** @returns paths by the artifact's file names @throws RangeError where images are missing */
  async close(): Promise<{ scores: string; maps: string }> {
    await this.#maps.close();
    const scores = new Map<string, NamedTensor>();
    for (const [name, data] of this.#scores) scores.set(name, { shape: [this.#count], data });
    await writeSafetensors(this.#paths.scores, scores);
    return this.#paths;
  }

  /** Gives them up; does nothing after `close`. */
  async discard(): Promise<void> {
    await this.#maps.discard();
  }
}
