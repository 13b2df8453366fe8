/**
 * The regions of a mask: pixels that touch one another, at a side or a corner (8-connected).
 * @param mask above 0: inside; rows from the top
 * @param width of the mask; its length must be a multiple of it
 * @returns by pixel, the number of its region from 0, -1 outside; and how many pixels each region has
 */
export function maskRegions(
  mask: ArrayLike<number>,
  width: number,
): { regions: Int32Array; sizes: number[] } {
  const regions = new Int32Array(mask.length).fill(-1);
  const height = mask.length / width;
  const sizes: number[] = [];
  const open: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (!(mask[start]! > 0) || regions[start] !== -1) continue;
    const region = sizes.length;
    let size = 0;
    regions[start] = region;
    open.push(start);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      size += 1;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column;
          if (!(mask[next]! > 0) || regions[next] !== -1) continue;
          regions[next] = region;
          open.push(next);
        }
      }
    }
    sizes.push(size);
  }
  return { regions, sizes };
}
