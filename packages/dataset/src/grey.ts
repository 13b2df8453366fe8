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

/**
 * Interleaved samples to 8-bit grey, equal to Pillow's `convert('L')`.
 *
 * 16-bit samples are scaled by `>> 8`, for grey images too: there Pillow's own I;16 to L clips everything above
 * 255 to white, which nobody wants (its 16-bit RGB loader takes the high byte, as here). CMYK (0 no ink to 255
 * full ink) goes through RGB, `255 - K - C * (255 - K) / 255`, without a colour profile.
 *
 * @param data `count * channels` samples, 0..255 in a Uint8Array, 0..65535 in a Uint16Array
 * @param channels samples per pixel, alpha included
 * @returns `count` bytes
 */
export function toGrey(data: Uint8Array | Uint16Array, channels: number, samples: Samples): Uint8Array {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const count = data.length / channels;
  const grey = new Uint8Array(count);
  for (let i = 0, at = 0; i < count; i++, at += channels) {
    const first = data[at]! >> shift;
    if (samples === 'grey') {
      grey[i] = first;
      continue;
    }
    const second = data[at + 1]! >> shift;
    const third = data[at + 2]! >> shift;
    if (samples === 'rgb') {
      grey[i] = luma(first, second, third);
      continue;
    }
    const light = 255 - (data[at + 3]! >> shift);
    grey[i] = luma(
      light - product255(first, light),
      light - product255(second, light),
      light - product255(third, light),
    );
  }
  return grey;
}
