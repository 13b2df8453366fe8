import type { Picture } from '../picture.ts';

/** How to get from an oriented pixel to the stored one: by rows and columns swapped, and each turned round (EXIF 2.32, 4.6.4). */
const turns: Readonly<Record<number, { swapped: boolean; right: boolean; bottom: boolean }>> = {
  2: { swapped: false, right: true, bottom: false },
  3: { swapped: false, right: true, bottom: true },
  4: { swapped: false, right: false, bottom: true },
  5: { swapped: true, right: false, bottom: false },
  6: { swapped: true, right: false, bottom: true },
  7: { swapped: true, right: true, bottom: true },
  8: { swapped: true, right: true, bottom: false },
};

/**
 * The picture as its camera was held.
 * @param orientation 1 to 8; anything else leaves it as it is
 */
export function oriented(picture: Picture, orientation: number): Picture {
  const turn = turns[orientation];
  if (turn === undefined) return picture;
  const { channels, pixels } = picture;
  const { swapped, right, bottom } = turn;
  const [width, height] = swapped ? [picture.height, picture.width] : [picture.width, picture.height];
  const turned = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const storedColumn = right ? picture.width - 1 - column : column;
      const storedRow = bottom ? picture.height - 1 - row : row;
      const from = (storedRow * picture.width + storedColumn) * channels;
      for (let channel = 0; channel < channels; channel++) turned[to++] = pixels[from + channel]!;
    }
  }
  return { width, height, channels, pixels: turned };
}
