import { type Grid, shiftBetween } from '../nifti/grid.ts';
import type { Original } from '../trivial-separation.ts';

/** Voxels: affines that differ by less are the same, written by other programs. */
const mostShift = 0.1;

/**
 * Why a mask's pixels are not those of its image; null where they are. Slices and affines count where both are of volumes.
 * @param name the image's file, for the message
 */
export function misfitOf(mask: Original, image: Original, name: string): string | null {
  const both = mask.slices !== undefined && image.slices !== undefined;
  const text = ({ width, height, slices }: Original) => `${width}×${height}${both ? `×${slices}` : ''}`;
  const [expected, got] = [text(image), text(mask)];
  if (expected !== got) return `expected ${expected} pixels, as ${name} has, got ${got}`;
  if (mask.grid === undefined || image.grid === undefined) return null;
  const shift = shiftBetween(mask.grid, image.grid);
  if (shift <= mostShift) return null;
  const untold = ({ told }: Grid) => (told ? '' : ', which has no affine (neither sform nor qform)');
  return `expected the grid of its volume, ${name}${untold(image.grid)}, got another${untold(mask.grid)}: by the affines a corner lies ${shift.toFixed(1)} voxels away`;
}
