import type { Piece } from './grey-image.ts';

/** Where the pixels of a new row lie among the old ones: the two next to each, and the second one's share. */
function places(from: number, to: number): { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, place) => {
    const at = Math.min(from - 1, Math.max(0, ((place + 0.5) * from) / to - 0.5));
    const first = Math.floor(at);
    return { first, second: Math.min(from - 1, first + 1), share: at - first };
  });
}

/** A piece in another size: bilinear between the four pixels about each point, without smoothing, as OpenCV's `resize` does by default. */
export function resizePiece(piece: Piece, height: number, width: number): Piece {
  if (height === piece.height && width === piece.width) return piece;
  const [rows, columns] = [places(piece.height, height), places(piece.width, width)];
  const pixels = new Uint8Array(height * width);
  for (let row = 0; row < height; row += 1) {
    const down = rows[row]!;
    const [above, below] = [down.first * piece.width, down.second * piece.width];
    for (let column = 0; column < width; column += 1) {
      const { first, second, share } = columns[column]!;
      const over = (1 - share) * piece.pixels[above + first]! + share * piece.pixels[above + second]!;
      const under = (1 - share) * piece.pixels[below + first]! + share * piece.pixels[below + second]!;
      pixels[row * width + column] = Math.round((1 - down.share) * over + down.share * under);
    }
  }
  return { height, width, pixels };
}
