/**
 * The outline of a mask as the path of an SVG whose unit is a pixel: the sides between pixels inside and outside, those in a row
 * as one line. What touches the mask's own rim is closed there.
 * @param mask [side, side], above 0: inside; rows from the top
 * @returns empty where nothing is inside
 *
 * @example
 * maskOutline([1, 0, 0, 0], 2) // 'M0 0h1M0 1h1M0 0v1M1 0v1'
 */
export function maskOutline(mask: ArrayLike<number>, side: number): string {
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < side && y < side && mask[y * side + x]! > 0;
  const rows = lines(side, (line, at) => inside(at, line - 1) !== inside(at, line));
  const columns = lines(side, (line, at) => inside(line - 1, at) !== inside(line, at));
  return [
    ...rows.map(({ line, from, length }) => `M${from} ${line}h${length}`),
    ...columns.map(({ line, from, length }) => `M${line} ${from}v${length}`),
  ].join('');
}

/** Stretches of lines 0 to `side` at which there is a side. */
function lines(side: number, there: (line: number, at: number) => boolean) {
  const found: { line: number; from: number; length: number }[] = [];
  for (let line = 0; line <= side; line++) {
    let length = 0;
    for (let at = 0; at <= side; at++) {
      if (at < side && there(line, at)) length += 1;
      else if (length > 0) {
        found.push({ line, from: at - length, length });
        length = 0;
      }
    }
  }
  return found;
}
