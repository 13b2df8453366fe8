import type { DatasetIndex } from '@ddad/contract';

/** Where a list of images stands in data.json; flat lists are `train.unlabeled` and `test`. */
export type Place =
  | 'train.0'
  | 'train.unlabeled.0'
  | 'train.unlabeled.1'
  | 'train.unlabeled'
  | 'test.0'
  | 'test.1'
  | 'test'
  | 'validation.0';

/** Copies of a dataset: images whose decoded pixels are equal. */
export interface CopiesDescription {
  /** Groups of equal images with their names, in the order of the index. */
  groups: { image: string; place: Place; position: number }[][];
  /** Groups that reach over more than one list. */
  acrossPlaces: number;
  /** Groups with an image of `test` and one of `train` (D_n or unlabeled): what makes AUC look better than it is. */
  testInTraining: number;
  /** Number of groups by the lists they reach over, most frequent first. */
  byPlaces: { places: Place[]; groups: number }[];
}

/** In which list of data.json an image stands, by position. */
export function placesByPosition(index: DatasetIndex): Map<number, Place> {
  const places = new Map<number, Place>();
  const note = (positions: readonly number[], place: Place) => {
    for (const position of positions) places.set(position, place);
  };
  note(index.train, 'train.0');
  const { unlabeled, test } = index;
  if (unlabeled.labels === 'known') {
    note(unlabeled.normal, 'train.unlabeled.0');
    note(unlabeled.abnormal, 'train.unlabeled.1');
  } else if (unlabeled.labels === 'unknown') note(unlabeled.images, 'train.unlabeled');
  if (test.labels === 'known') {
    note(test.normal, 'test.0');
    note(test.abnormal, 'test.1');
  } else if (test.labels === 'unknown') note(test.images, 'test');
  note(index.validation, 'validation.0');
  return places;
}

/** Names the copies of a dataset and counts them by the lists of data.json that share them. */
export function describeCopies(index: DatasetIndex): CopiesDescription {
  const places = placesByPosition(index);
  const groups = index.copies.map((group) =>
    group.map((position) => ({
      image: index.images[position]!,
      place: places.get(position)!,
      position,
    })),
  );
  const placesOf = groups.map((group) => [...new Set(group.map(({ place }) => place))].sort());
  const byPlaces = Map.groupBy(placesOf, (list) => list.join(' '));
  const trains = (place: Place) => place.startsWith('train');
  const tests = (place: Place) => place.startsWith('test');
  return {
    groups,
    acrossPlaces: placesOf.filter((list) => list.length > 1).length,
    testInTraining: placesOf.filter((list) => list.some(trains) && list.some(tests)).length,
    byPlaces: [...byPlaces.values()]
      .map((lists) => ({ places: lists[0]!, groups: lists.length }))
      .sort((a, b) => b.groups - a.groups),
  };
}
