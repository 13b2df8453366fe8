import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Share of the normal images that become test images, 0 to 1, and what decides which. */
export interface Split {
  share: number;
  seed: number;
}

/** An image as a split sees it. */
export interface SplitImage {
  normal: boolean;
  /** What no other image may have in another part: its patient, and its pixels' digests. */
  ties: readonly string[];
}

/**
 * Chooses normal images for the test. Images with a tie in common, through any chain, stay together; those tied to an abnormal
 * image, which is a test image, come along. Equal images and seeds give equal choices.
 * @returns for every image whether it is a test image
 */
export function chooseTest(images: readonly SplitImage[], { share, seed }: Split): boolean[] {
  const groups = tiedGroups(images);
  const isTest = images.map(({ normal }) => !normal);
  const wanted = Math.round(share * images.filter(({ normal }) => normal).length);
  let chosen = 0;
  const choose = (group: readonly number[]) => {
    for (const position of group) {
      if (isTest[position]) continue;
      isTest[position] = true;
      chosen += 1;
    }
  };
  const free: number[][] = [];
  for (const group of groups) {
    if (group.some((position) => !images[position]!.normal)) choose(group);
    else free.push(group);
  }
  const generator = xoroshiro128plus(seed);
  // One group at least stays in training.
  while (chosen < wanted && free.length > 1) {
    const [group] = free.splice(uniformInt(generator, 0, free.length - 1), 1);
    choose(group!);
  }
  return isTest;
}

/** Positions of images that belong together, in the order of their first ones. */
function tiedGroups(images: readonly SplitImage[]): number[][] {
  const parents = images.map((_image, position) => position);
  const root = (position: number): number => {
    let at = position;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  };
  const first = new Map<string, number>();
  for (const [position, { ties }] of images.entries()) {
    for (const tie of ties) {
      const other = first.get(tie);
      if (other === undefined) first.set(tie, position);
      else {
        const [a, b] = [root(other), root(position)];
        parents[Math.max(a, b)] = Math.min(a, b);
      }
    }
  }
  return [...Map.groupBy(images.keys(), root).values()];
}
