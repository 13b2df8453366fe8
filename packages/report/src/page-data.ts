/** Identifiers of the elements that hold JSON. */
export const dataElements = { result: 'report-json', page: 'page-data' } as const;

/** What the page's script reads beside report.json. */
export interface PageData {
  /** Image scores of all test images by name; empty without labels: only the operating point needs them. */
  scores: Record<string, number[]>;
  labels: (0 | 1)[] | null;
  /** By score, from held-out normal images; empty where there are none. */
  thresholds: Record<string, number>;
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
  thresholds: {},
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
