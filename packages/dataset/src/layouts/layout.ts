/** Abnormal images of one kind, which their folder's name says. */
export interface Kind {
  name: string;
  images: string[];
}

/** What folders say of images, where there is no data.json. Images are paths below the folder, sorted. */
export interface FolderLayout {
  /** What the folder was taken for, for messages. */
  title: string;
  /** Normal images; where `splits`, those that a part of becomes test images. */
  normal: string[];
  /** Whether there are no test images yet among the normal ones. */
  splits: boolean;
  unlabeled: string[];
  test: { normal: string[]; abnormal: Kind[] } | { unknown: string[] };
  validation: string[];
  /**
   * How many images have no place in a dataset, by folder; with a slash at its end (`./` at the top) those that lie in it beside
   * its folders.
   */
  leftOut: Map<string, number>;
  /** Files that are no images, and not the system's own; not there where only names were looked at. */
  noImages?: string[];
}

/** The data.json that a layout stands for: of one that splits, with all normal images in training. */
export function dataJsonOf({ normal, unlabeled, test, validation }: FolderLayout): object {
  const labelled =
    'unknown' in test
      ? null
      : { normal: test.normal, abnormal: test.abnormal.flatMap(({ images }) => images) };
  const none = labelled !== null && labelled.normal.length + labelled.abnormal.length === 0;
  return {
    train: { '0': normal, ...(unlabeled.length === 0 ? {} : { unlabeled }) },
    ...(none
      ? {}
      : { test: 'unknown' in test ? test.unknown : { '0': labelled!.normal, '1': labelled!.abnormal } }),
    ...(validation.length === 0 ? {} : { validation: { '0': validation } }),
  };
}

/** The labels.csv that a layout stands for; null where no kind has a name. */
export function labelsCsvOf({ test }: FolderLayout): string | null {
  if ('unknown' in test || test.abnormal.length === 0) return null;
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = test.abnormal.flatMap(({ name, images }) =>
    images.map((image) => `${cell(image)},${cell(name)}`),
  );
  return `image,pathology\n${lines.join('\n')}\n`;
}
