import { luma } from '../grey.ts';
import type { Palette } from './palette.ts';
import type { Values } from './stored-values.ts';

/** Pixels' colours, by pixel, of samples that lie one plane after another. */
export function byPixel(planes: Uint8Array): Uint8Array {
  const count = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  for (let i = 0, to = 0; i < count; i++) {
    pixels[to++] = planes[i]!;
    pixels[to++] = planes[count + i]!;
    pixels[to++] = planes[2 * count + i]!;
  }
  return pixels;
}

/** To the nearest of the colours that there are. */
function clipped(value: number): number {
  const nearest = Math.floor(value + 0.5);
  return nearest < 0 ? 0 : nearest > 255 ? 255 : nearest;
}

/** Red, green and blue beside the luma, of full-range chroma (PS3.3, C.7.6.3.1.2). */
const redOf = (red: number) => 1.402 * (red - 128);
const greenOf = (blue: number, red: number) =>
  -(0.114 * 1.772 * (blue - 128) + 0.299 * 1.402 * (red - 128)) / 0.587;
const blueOf = (blue: number) => 1.772 * (blue - 128);

/** Luma and chroma by pixel to RGB by pixel. */
export function rgbOfYbr(ybr: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(ybr.length);
  for (let at = 0; at < ybr.length; at += 3) {
    const [y, blue, red] = [ybr[at]!, ybr[at + 1]!, ybr[at + 2]!];
    rgb[at] = clipped(y + redOf(red));
    rgb[at + 1] = clipped(y + greenOf(blue, red));
    rgb[at + 2] = clipped(y + blueOf(blue));
  }
  return rgb;
}

/** Grey of luma and chroma by pixel: the luma, or that of the nearest colour that there is. */
export function greyOfYbr(ybr: Uint8Array): Uint8Array {
  const grey = new Uint8Array(ybr.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    const y = ybr[at]!;
    const red = y + redOf(ybr[at + 2]!);
    const green = y + greenOf(ybr[at + 1]!, ybr[at + 2]!);
    const blue = y + blueOf(ybr[at + 1]!);
    const exists = Math.min(red, green, blue) >= 0 && Math.max(red, green, blue) <= 255;
    grey[i] = exists ? y : luma(clipped(red), clipped(green), clipped(blue));
  }
  return grey;
}

/** RGB by pixel of stored values. */
export function paletteColours(values: Values, { first, colours }: Palette): Uint8Array {
  const [red, green, blue] = colours;
  const last = red.length - 1;
  const rgb = new Uint8Array(3 * values.length);
  for (let i = 0, to = 0; i < values.length; i++) {
    const entry = Math.min(last, Math.max(0, values[i]! - first));
    rgb[to++] = red[entry]!;
    rgb[to++] = green[entry]!;
    rgb[to++] = blue[entry]!;
  }
  return rgb;
}
