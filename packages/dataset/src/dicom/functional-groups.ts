import type { DataSet } from './data-elements.ts';

// Functional groups of images with several frames (PS3.3, C.7.6.16): each is a sequence within one of these items.

/** What is said of all frames together. */
export function sharedGroups(data: DataSet): DataSet | undefined {
  return data.items(0x52009229)[0];
}

/** What is said of each frame, in their order. */
export function groupsOfFrames(data: DataSet): DataSet[] {
  return data.items(0x52009230);
}
