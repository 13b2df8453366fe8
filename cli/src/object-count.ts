import type { ObjectEntry } from '@ddad/storage';

/** How many objects, and their bytes. */
export interface ObjectCount {
  objects: number;
  bytes: number;
}

export function countObjects(entries: readonly ObjectEntry[]): ObjectCount {
  return { objects: entries.length, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
}

export function addCounts(counts: readonly ObjectCount[]): ObjectCount {
  return {
    objects: counts.reduce((sum, { objects }) => sum + objects, 0),
    bytes: counts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
