import { interpolateViridis } from 'd3-scale-chromatic';

/** The colour scale viridis: red, green and blue of each of 256 steps. */
export const viridis = Buffer.from(
  Array.from({ length: 256 }, (_, step) => {
    const colour = interpolateViridis(step / 255);
    return colour
      .match(/[0-9a-f]{2}/g)!
      .map((digits) => Number.parseInt(digits, 16))
      .slice(0, 3);
  }).flat(),
);
