import { greyMoments, momentSeparations, type TrivialSeparation } from '@ddad/dataset/trivial-separation';
import type { TestImages } from './report-data.ts';

/** Images read at a time. */
const piece = 256;

/**
 * How well mean grey and contrast alone tell the test images' labels: what a score must be better than.
 * @returns nothing without labels of both kinds
 */
export async function greyAlone({ labels, side, pixels }: TestImages): Promise<TrivialSeparation[]> {
  if (labels === null || !labels.includes(0) || !labels.includes(1)) return [];
  const moments = [];
  for (let first = 0; first < labels.length; first += piece) {
    const places = Array.from({ length: Math.min(piece, labels.length - first) }, (_, i) => first + i);
    const read = await pixels(places);
    moments.push(...places.map((_place, i) => greyMoments(read, side, i)));
  }
  return momentSeparations(moments, labels);
}
