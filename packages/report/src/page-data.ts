import type { ScoreName } from '@ddad/contract';
import type { MapName } from './report-data.ts';

/** Identifiers of the elements that hold JSON. */
export const dataElements = { result: 'report-json', page: 'page-data' } as const;

/** What the page's script reads beside report.json. */
export interface PageData {
  /** Image scores of all test images; empty without labels: only the operating point needs them. */
  scores: Partial<Record<ScoreName, number[]>>;
  labels: (0 | 1)[] | null;
  /** By score, from held-out normal images; empty where there are none. */
  thresholds: Partial<Record<ScoreName, number>>;
  /** The gallery's images in its order. */
  cases: PageCase[];
  /** Heat maps of every case, in the order of its pictures after the image itself. */
  maps: { name: MapName; label: string; end: number }[];
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
  group: string;
  scores: { name: ScoreName; label: string; value: number; aboveNormals: number | null }[];
}
