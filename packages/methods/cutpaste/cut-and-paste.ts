import type { RandomStream } from '@ddad/compute';

/** A grey picture, rows from the top, grey values in 0..1. */
export interface Picture {
  width: number;
  height: number;
  /** [height · width] */
  pixels: Float32Array;
}

/** A place in a picture: the upper left corner of a rectangle. */
export interface Corner {
  left: number;
  top: number;
}

/** How strongly brightness and contrast change: factors are drawn from 1 ± this. */
const jitter = 0.1;
/** Of a patch: its share of the picture's area, and the range of width over height. */
const areas = [0.02, 0.15] as const;
const aspects = [0.3, 1 / 0.3] as const;
/**
 * Of a scar, in pixels of a picture of 256: others have scars in proportion, so that they cover the same share of it. At 64 px they are
 * 1 to 4 px wide and 3 to 6 px long.
 */
const widths = [2, 16] as const;
const lengths = [10, 25] as const;
const scarSide = 256;
/** A scar's rotation, in degrees either way. */
const mostTurned = 45;

const between = (random: RandomStream, [low, high]: readonly [number, number]) =>
  low + (high - low) * random.uniform();

const within = (value: number) => Math.min(1, Math.max(0, value));

/**
 * Changes brightness, then contrast, or the other way round, as torchvision's ColorJitter does to grey pictures; in place.
 * @param pixels grey values in 0..1
 */
export function jitterGrey(pixels: Float32Array, random: RandomStream): void {
  const brightness = between(random, [1 - jitter, 1 + jitter]);
  const contrast = between(random, [1 - jitter, 1 + jitter]);
  const scale = () => {
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = within(brightness * pixels[i]!);
  };
  const spread = () => {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = within(mean + contrast * (pixels[i]! - mean));
  };
  if (random.uniform() < 0.5) {
    scale();
    spread();
  } else {
    spread();
    scale();
  }
}

/** What was cut out and pasted: a patch's or a scar's form, for tests as well. */
export interface Pasted {
  /** Of the rectangle that was cut, in pixels. */
  width: number;
  height: number;
  from: Corner;
  to: Corner;
  /** Degrees; 0 of a patch. */
  turned: number;
}

/** A rectangle's place, each as likely as any other. */
function place(picture: Picture, width: number, height: number, random: RandomStream): Corner {
  return {
    left: random.integer(0, picture.width - width),
    top: random.integer(0, picture.height - height),
  };
}

function cut({ width: stride, pixels }: Picture, { left, top }: Corner, width: number, height: number) {
  const piece = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = (top + row) * stride + left;
    piece.set(pixels.subarray(start, start + width), row * width);
  }
  return piece;
}

/**
 * CutPaste's patch: a rectangle of the picture, its grey values jittered, pasted at another place of it; in place.
 * The area is uniform in 2 to 15 % of the picture, the aspect log-uniform in 0.3 to 3.33.
 */
export function pastePatch(picture: Picture, random: RandomStream): Pasted {
  const { width: stride, height: rows } = picture;
  const area = between(random, areas) * stride * rows;
  const aspect = Math.exp(between(random, [Math.log(aspects[0]), Math.log(aspects[1])]));
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length)));
  const width = side(Math.sqrt(area * aspect), stride);
  const height = side(Math.sqrt(area / aspect), rows);
  const from = place(picture, width, height, random);
  const piece = cut(picture, from, width, height);
  jitterGrey(piece, random);
  const to = place(picture, width, height, random);
  for (let row = 0; row < height; row += 1) {
    picture.pixels.set(piece.subarray(row * width, (row + 1) * width), (to.top + row) * stride + to.left);
  }
  return { width, height, from, to, turned: 0 };
}

/**
 * CutPaste's scar: a thin, small rectangle of the picture, jittered, turned by up to 45 degrees and pasted at another place; in place.
 * Pixels come from the nearest one, as in the source.
 */
export function pasteScar(picture: Picture, random: RandomStream): Pasted {
  const { width: stride, height: rows, pixels } = picture;
  const side = (range: readonly [number, number], of: number) =>
    Math.min(of, Math.max(1, Math.round((between(random, range) * of) / scarSide)));
  const width = side(widths, stride);
  const height = side(lengths, rows);
  const from = place(picture, width, height, random);
  const piece = cut(picture, from, width, height);
  jitterGrey(piece, random);
  const turned = between(random, [-mostTurned, mostTurned]);
  const angle = (turned * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  // The upright rectangle about the turned one.
  const outerWidth = Math.min(stride, Math.ceil(width * cosine + height * Math.abs(sine)));
  const outerHeight = Math.min(rows, Math.ceil(height * cosine + width * Math.abs(sine)));
  const to = place(picture, outerWidth, outerHeight, random);
  for (let row = 0; row < outerHeight; row += 1) {
    for (let column = 0; column < outerWidth; column += 1) {
      const [x, y] = [column + 0.5 - outerWidth / 2, row + 0.5 - outerHeight / 2];
      const sourceColumn = Math.floor(cosine * x + sine * y + width / 2);
      const sourceRow = Math.floor(cosine * y - sine * x + height / 2);
      const outside = sourceColumn < 0 || sourceColumn >= width || sourceRow < 0 || sourceRow >= height;
      if (outside) continue;
      pixels[(to.top + row) * stride + to.left + column] = piece[sourceRow * width + sourceColumn]!;
    }
  }
  return { width, height, from, to, turned };
}

/** Of the classes that the network tells apart, by place in its output. */
export const classes = ['original', 'patch', 'scar'] as const;

/**
 * An image in all three classes: jittered as a whole, the same for all of them; then as it is, with a patch, and with a scar.
 * @param image left as it is
 */
export function threeClasses(
  image: Picture,
  random: RandomStream,
): Record<(typeof classes)[number], Picture> {
  const copy = (of: Picture): Picture => ({ ...of, pixels: of.pixels.slice() });
  const original = copy(image);
  jitterGrey(original.pixels, random);
  const [patch, scar] = [copy(original), copy(original)];
  pastePatch(patch, random);
  pasteScar(scar, random);
  return { original, patch, scar };
}
