import type { RandomStream } from '@ddad/compute';
import type { GreyImage } from './grey-image.ts';

/** Degrees either way. */
const mostTurned = 3;
/** Pixels either way of an image of 224: a random place of 224 pixels within 230. */
const mostShifted = 3 / 224;

export interface Turn {
  /** Counter-clockwise, about the image's middle. */
  degrees: number;
  /** Columns to the right and rows down, at which the turned image's part begins. */
  right: number;
  down: number;
}

/** A rotation by up to 3°, and a shift of up to 3 px of 224, in proportion, each as likely as any other. */
export function drawTurn(stream: Pick<RandomStream, 'uniform' | 'integer'>, side: number): Turn {
  const most = Math.max(1, Math.round(mostShifted * side));
  return {
    degrees: mostTurned * (2 * stream.uniform() - 1),
    right: stream.integer(-most, most),
    down: stream.integer(-most, most),
  };
}

/**
 * The image, turned and shifted; a pixel is the nearest one's, as in torchvision's RandomRotation, and where that lies outside of the
 * image, the nearest one's at its border.
 * @param image left as it is
 */
export function turnAndShift({ side, pixels }: GreyImage, { degrees, right, down }: Turn): GreyImage {
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const middle = side / 2;
  const last = side - 1;
  const turned = new Uint8Array(pixels.length);
  for (let row = 0; row < side; row += 1) {
    const y = row + down + 0.5 - middle;
    for (let column = 0; column < side; column += 1) {
      const x = column + right + 0.5 - middle;
      const fromRow = Math.floor(cosine * y + sine * x + middle);
      const fromColumn = Math.floor(cosine * x - sine * y + middle);
      const line = fromRow < 0 ? 0 : fromRow > last ? last : fromRow;
      const place = fromColumn < 0 ? 0 : fromColumn > last ? last : fromColumn;
      turned[row * side + column] = pixels[line * side + place]!;
    }
  }
  return { side, pixels: turned };
}
