import type { DatasetIndex } from '@ddad/contract';

/**
 * Splits D_n into training and held-out images. What belongs together stays together: a patient's images, and images with
 * equal pixels. Of such groups, in the order of data.json, every (1/share)-th is held out, spread evenly, so that an order
 * by site or date does no harm: group g (from 0) where ⌊(g + 1)·share⌋ > ⌊g·share⌋.
 * @param share of the groups that is held out, 0 to below 1
 * @returns positions, each part in the order of data.json
 */
export function splitNormals(index: DatasetIndex, share: number): { normal: number[]; heldOut: number[] } {
  if (share === 0) return { normal: index.train, heldOut: [] };
  const groupOf = groups(index);
  // Groups in the order of their first image.
  const places = new Map<number, number>();
  const normal: number[] = [];
  const heldOut: number[] = [];
  for (const position of index.train) {
    const group = groupOf(position);
    const place = places.get(group) ?? places.size;
    places.set(group, place);
    const chosen = floorShare(place + 1, share) > floorShare(place, share);
    (chosen ? heldOut : normal).push(position);
  }
  return { normal, heldOut };
}

/** Says which images belong together, through any chain of patients and copies: each group is named by one of its images. */
function groups({ copies, patients }: DatasetIndex): (position: number) => number {
  const parents = new Map<number, number>();
  const root = (position: number): number => {
    let at = position;
    for (let parent = parents.get(at); parent !== undefined; parent = parents.get(at)) at = parent;
    return at;
  };
  const join = (a: number, b: number) => {
    const [first, second] = [root(a), root(b)];
    if (first !== second) parents.set(second, first);
  };
  for (const [first, ...others] of copies) for (const other of others) join(first!, other);
  const firstOf = new Map<number, number>();
  patients?.forEach((patient, position) => {
    if (patient === null) return;
    const first = firstOf.get(patient);
    if (first === undefined) firstOf.set(patient, position);
    else join(first, position);
  });
  return root;
}

/** Leaves out images that have a copy among those trained on: their scores are not those of images never seen. */
export function withoutCopiesOf(
  index: DatasetIndex,
  images: readonly number[],
  training: readonly number[],
): number[] {
  const trained = new Set(training);
  const copies = new Set(index.copies.filter((group) => group.some((one) => trained.has(one))).flat());
  return images.filter((position) => !copies.has(position));
}

/** Floor that takes 0.29 * 100 = 28.999999999999996 for 29. */
export function floorShare(count: number, share: number): number {
  return Math.floor(count * share + 1e-9);
}
