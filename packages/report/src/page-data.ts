/** Identifiers of the elements that hold JSON. */
export const dataElements = { result: 'report-json', page: 'page-data', names: 'image-names' } as const;

/** What the page's script reads beside report.json. */
export interface PageData {
  /** Image scores of all test images by name, see `encodeFloats`. */
  scores: Record<string, string>;
  labels: (0 | 1)[] | null;
  /** Which test images show what, by their places, from 0; empty where nobody says. */
  pathologies: { name: string; images: number[] }[];
  /** The score by which images are ranked; null where there is none. */
  main: string | null;
  /** By score, from held-out normal images; empty where there are none. */
  thresholds: Record<string, number>;
  /** Scores of the held-out normal images, rising, as `scores`; empty where there are none. */
  heldOut: Record<string, string>;
  /** The gallery's images in its order. */
  cases: PageCase[];
  /** Heat maps of every case, by score, in the order of its pictures after the image itself. */
  maps: { name: string; end: number }[];
  /** Side of the images in pixels. */
  side: number;
}

/** Of pages without test images. */
export const noPageData: PageData = {
  scores: {},
  labels: null,
  pathologies: [],
  main: null,
  thresholds: {},
  heldOut: {},
  cases: [],
  maps: [],
  side: 0,
};

export interface PageCase {
  /** Place among the test images, from 1. */
  number: number;
  label: 0 | 1 | null;
  /** Whether the image has a copy among the training images. */
  copy: boolean;
  /** Outline of what its mask shows, as an SVG path in pixels; absent where it has no mask. */
  outline?: string;
  group: string;
  scores: { name: string; value: number; aboveNormals: number | null }[];
}
