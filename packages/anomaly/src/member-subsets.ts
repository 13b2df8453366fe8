/**
 * Subsets of an ensemble's members: all of a size where they are few, else so many distinct ones, drawn.
 * @param members how many there are
 * @param size of each subset, 1 to `members`
 * @param atMost how many subsets
 * @param integer a whole number from 0 to `below` − 1, each equally likely
 * @returns indices of the members, rising; all subsets in lexicographic order, drawn ones in the order of their draw
 * @example memberSubsets(3, 2, 100, integer) // [[0, 1], [0, 2], [1, 2]]
 */
export function memberSubsets(
  members: number,
  size: number,
  atMost: number,
  integer: (below: number) => number,
): number[][] {
  if (!Number.isInteger(size) || size < 1 || size > members) {
    throw new RangeError(`size: expected an integer from 1 to ${members}, got ${size}`);
  }
  const all = firstSubsets(members, size, atMost + 1);
  if (all.length <= atMost) return all;
  const drawn = new Map<string, number[]>();
  while (drawn.size < atMost) {
    const subset = draw(members, size, integer);
    drawn.set(subset.join(), subset);
  }
  return [...drawn.values()];
}

function firstSubsets(members: number, size: number, atMost: number): number[][] {
  const found: number[][] = [];
  const subset = Array.from({ length: size }, (_, place) => place);
  while (found.length < atMost) {
    found.push([...subset]);
    // The last place that can move on; those after it follow it closely.
    let place = size - 1;
    while (place >= 0 && subset[place] === members - size + place) place -= 1;
    if (place < 0) break;
    subset[place]! += 1;
    for (let after = place + 1; after < size; after += 1) subset[after] = subset[after - 1]! + 1;
  }
  return found;
}

/** One subset, each equally likely (R. Floyd: Bentley, Communications of the ACM 30(9), 1987, p. 754). */
function draw(members: number, size: number, integer: (below: number) => number): number[] {
  const subset = new Set<number>();
  for (let last = members - size; last < members; last += 1) {
    const candidate = integer(last + 1);
    subset.add(subset.has(candidate) ? last : candidate);
  }
  return [...subset].sort((a, b) => a - b);
}
