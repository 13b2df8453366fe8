import type { RandomStream } from '@ddad/compute';
import { perlinNoise } from './perlin-noise.ts';

/** A texture's value at a place of the unit square; any range. */
type Field = (x: number, y: number) => number;

const between = (random: RandomStream, low: number, high: number) => low + (high - low) * random.uniform();

/** Coordinates turned by an angle that is drawn. */
function turned(random: RandomStream): (x: number, y: number) => [number, number] {
  const angle = Math.PI * random.uniform();
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => [cosine * x + sine * y, cosine * y - sine * x];
}

/** Smooth noise in octaves, each of half the size and half the strength of the one before. */
function cloudy(random: RandomStream, side: number): Field {
  const octaves = [2, 4, 8, 16].map((cells, at) => ({
    noise: perlinNoise(side, { rows: cells, columns: cells }, random),
    strength: 0.5 ** at,
  }));
  return (x, y) => {
    const place = Math.floor(y * side) * side + Math.floor(x * side);
    return octaves.reduce((sum, { noise, strength }) => sum + strength * noise[place]!, 0);
  };
}

/** Points of the unit square, and distances of a place from the two nearest of them. */
function points(random: RandomStream): (x: number, y: number) => [number, number] {
  const drawn = Array.from(
    { length: random.integer(8, 60) },
    () => [random.uniform(), random.uniform()] as const,
  );
  return (x, y) => {
    let [nearest, next] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const [px, py] of drawn) {
      const distance = Math.hypot(px - x, py - y);
      if (distance < nearest) [nearest, next] = [distance, nearest];
      else if (distance < next) next = distance;
    }
    return [nearest, next];
  };
}

/**
 * Families of textures, in the place of the photographs of the Describable Textures Dataset, which cannot be had here: what its 47
 * classes mostly are (banded, chequered, dotted, cracked, marbled, woven, ...), without any photograph.
 */
export const families = {
  stripes(random) {
    const turn = turned(random);
    const [cycles, phase, hard] = [between(random, 3, 20), random.uniform(), random.uniform() < 0.5];
    return (x, y) => {
      const wave = Math.sin(2 * Math.PI * (cycles * turn(x, y)[0] + phase));
      return hard ? Math.sign(wave) : wave;
    };
  },
  chequers(random) {
    const turn = turned(random);
    const [across, down] = [between(random, 4, 24), between(random, 4, 24)];
    return (x, y) => {
      const [u, v] = turn(x, y);
      return (Math.floor(across * u) + Math.floor(down * v)) & 1;
    };
  },
  dots(random) {
    const turn = turned(random);
    const [count, radius] = [between(random, 4, 20), between(random, 0.15, 0.45)];
    return (x, y) => {
      const [u, v] = turn(x, y).map((value) => count * value - Math.round(count * value)) as [number, number];
      return Math.hypot(u, v) < radius ? 1 : 0;
    };
  },
  pebbles(random) {
    const nearest = points(random);
    return (x, y) => nearest(x, y)[0];
  },
  cracks(random) {
    const nearest = points(random);
    const width = between(random, 0.01, 0.04);
    return (x, y) => {
      const [first, second] = nearest(x, y);
      return Math.min(1, (second - first) / width);
    };
  },
  clouds: cloudy,
  marble(random, side) {
    const turn = turned(random);
    const [cycles, strength, cloud] = [between(random, 3, 12), between(random, 0.2, 1), cloudy(random, side)];
    return (x, y) => Math.sin(2 * Math.PI * (cycles * turn(x, y)[0] + strength * cloud(x, y)));
  },
  weave(random) {
    const turn = turned(random);
    const threads = between(random, 4, 16);
    return (x, y) => {
      const [u, v] = turn(x, y).map((value) => threads * value) as [number, number];
      const over = (Math.floor(u) + Math.floor(v)) & 1;
      const along = over === 1 ? u : v;
      return Math.sin(Math.PI * (along - Math.floor(along))) * (over === 1 ? 1 : 0.7);
    };
  },
  grain(random) {
    return () => random.uniform();
  },
} satisfies Record<string, (random: RandomStream, side: number) => Field>;

export type TextureFamily = keyof typeof families;
export const textureFamilies = Object.keys(families) as TextureFamily[];

/**
 * A grey texture of a family. Its darkest and its brightest value are drawn, at least 0.2 apart, from the range of images: textures that
 * left it would be told by their brightness alone.
 * @param side in pixels, a multiple of 16
 * @returns [side · side], within 0 to 1
 */
export function texture(family: TextureFamily, side: number, random: RandomStream): Float32Array {
  const field = families[family](random, side);
  const values = new Float32Array(side * side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      values[row * side + column] = field((column + 0.5) / side, (row + 0.5) / side);
    }
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const span = high > low ? high - low : 1;
  const contrast = between(random, 0.2, 1);
  const darkest = between(random, 0, 1 - contrast);
  const inverted = random.uniform() < 0.5;
  return values.map((value) => {
    const share = (value - low) / span;
    return darkest + contrast * (inverted ? 1 - share : share);
  });
}
