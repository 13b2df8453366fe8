/**
 * A square picture turned about its centre; pixels between its own are bilinear means, what comes from outside is 0.
 * @param pixels [side · side]
 * @param degrees clockwise, rows going down
 */
export function rotated(pixels: Float32Array, side: number, degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const centre = (side - 1) / 2;
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= side || column >= side ? 0 : pixels[row * side + column]!;
  return pixels.map((_, place) => {
    const [x, y] = [(place % side) - centre, Math.floor(place / side) - centre];
    const column = centre + cosine * x + sine * y;
    const row = centre + cosine * y - sine * x;
    const [left, top] = [Math.floor(column), Math.floor(row)];
    const [right, down] = [column - left, row - top];
    const upper = at(top, left) * (1 - right) + at(top, left + 1) * right;
    const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
    return upper * (1 - down) + lower * down;
  });
}
