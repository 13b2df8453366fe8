import { randomStream } from '@ddad/compute/random';

/** Which image another one's patches come from. */
export interface PatchSources {
  /** Number of images that patches come from, at least 2. */
  pool: number;
  seed: number;
  /** The image that the draw with a number, from 0 on, is for: never its own source. */
  destination(draw: number): number;
}

/**
 * Sources of patches, drawn without replacement from the pool: after as many draws as it has images it begins anew, in another order. An
 * image that would be its own source changes places with another draw of the same round. A function of seed and draw alone.
 */
export function patchSources({ pool, seed, destination }: PatchSources): (draw: number) => number {
  if (pool < 2) throw new RangeError(`sources of patches: expected at least 2 images, got ${pool}`);
  let made: { round: number; sources: Uint32Array } | null = null;
  const roundOf = (round: number) => {
    const sources = randomStream(seed, 'sources', round).shuffle(pool);
    const first = round * pool;
    for (let place = 0; place < pool; place += 1) {
      if (sources[place] !== destination(first + place)) continue;
      const own = sources[place]!;
      // The next one with which both have another's; of very few images there may be none.
      const steps = Array.from({ length: pool - 1 }, (_, step) => (place + step + 1) % pool);
      const other = steps.find((at) => sources[at] !== own && destination(first + at) !== own);
      sources[place] = other === undefined ? (own + 1) % pool : sources[other]!;
      if (other !== undefined) sources[other] = own;
    }
    return sources;
  };
  return (draw) => {
    const round = Math.floor(draw / pool);
    if (made?.round !== round) made = { round, sources: roundOf(round) };
    return made.sources[draw - round * pool]!;
  };
}
