/** A chart's size with its margins, in pixels. */
interface ChartSize {
  width: number;
  height: number;
  marginLeft: number;
  marginRight: number;
  marginTop: number;
  marginBottom: number;
}

/** What lies within a chart's margins, in pixels. */
export const insideOf = (size: ChartSize): { width: number; height: number } => ({
  width: size.width - size.marginLeft - size.marginRight,
  height: size.height - size.marginTop - size.marginBottom,
});

/** A line is drawn in hundredths of a pixel; nobody sees a corner nearer to the one before than this. */
const leastDistance = 0.25;

/**
 * A line's points without those that lie less than a quarter pixel from the last one that is kept: curves of 25,000 images have a corner
 * for almost each of them. The first and the last stay. Of a line with fewer corners a pixel they are all there.
 * @param x field that lies along the axis of this name; its values 0 and 1 lie `width` pixels apart
 * @param y likewise, `height` pixels
 */
export function visiblePoints<X extends string, Y extends string, T extends Record<X | Y, number>>(
  points: readonly T[],
  { x, y, width, height }: { x: X; y: Y; width: number; height: number },
): T[] {
  const kept: T[] = [];
  for (const [place, point] of points.entries()) {
    const last = kept.at(-1);
    const away =
      last === undefined ? Infinity : Math.hypot((point[x] - last[x]) * width, (point[y] - last[y]) * height);
    if (away >= leastDistance || place === points.length - 1) kept.push(point);
  }
  return kept;
}
