/** An 8-bit grey image; rows from the top. */
export interface GreyImage {
  width: number;
  height: number;
  /** width * height bytes, 0 black to 255 white. */
  pixels: Uint8Array;
}

/** How a decoder's interleaved samples are to be read. Alpha may follow the colours and is dropped. */
export type Samples = 'grey' | 'rgb' | 'cmyk';

/** ITU-R 601-2 luma as Pillow computes it: fixed point with 16 fractional bits, rounded to nearest. */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** round(a * b / 255) without a division, as Pillow's MULDIV255. */
function product255(a: number, b: number): number {
  const t = a * b + 128;
  return ((t >> 8) + t) >> 8;
}

/** Red, green and blue of inks: `255 - K - C * (255 - K) / 255`, without a colour profile. */
function coloursOfInk(data: Uint8Array, at: number): [number, number, number] {
  const light = 255 - data[at + 3]!;
  return [
    light - product255(data[at]!, light),
    light - product255(data[at + 1]!, light),
    light - product255(data[at + 2]!, light),
  ];
}

/**
 * Interleaved samples to 8-bit grey, equal to Pillow's `convert('L')`. CMYK (0 no ink to 255 full ink) goes through RGB.
 *
 * @param data `count * channels` samples
 * @param channels samples per pixel, alpha included
 * @returns `count` bytes
 */
export function toGrey(data: Uint8Array, channels: number, samples: Samples): Uint8Array {
  if (channels === 1) return data;
  const count = data.length / channels;
  const grey = new Uint8Array(count);
  for (let i = 0, at = 0; i < count; i++, at += channels) {
    if (samples === 'grey') grey[i] = data[at]!;
    else if (samples === 'rgb') grey[i] = luma(data[at]!, data[at + 1]!, data[at + 2]!);
    else grey[i] = luma(...coloursOfInk(data, at));
  }
  return grey;
}

/** The same to red, green and blue by pixel, equal to Pillow's `convert('RGB')`. */
export function toColours(data: Uint8Array, channels: number, samples: Samples): Uint8Array {
  if (channels === 3 && samples === 'rgb') return data;
  const count = data.length / channels;
  const rgb = new Uint8Array(3 * count);
  for (let i = 0, at = 0, to = 0; i < count; i++, at += channels, to += 3) {
    if (samples === 'grey') rgb.fill(data[at]!, to, to + 3);
    else if (samples === 'cmyk') rgb.set(coloursOfInk(data, at), to);
    else for (let sample = 0; sample < 3; sample++) rgb[to + sample] = data[at + sample]!;
  }
  return rgb;
}
