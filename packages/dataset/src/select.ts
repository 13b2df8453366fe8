import type { DatasetIndex, Fault } from '@ddad/contract';
import { floorShare, splitNormals, withoutCopiesOf } from './held-out.ts';

/** Positions of the images that members train on. */
export interface TrainingImages {
  /** D_n: what both roles see. */
  normal: number[];
  /** D_u: images of which nobody said what they show; empty in the one-class mode. */
  unlabeled: number[];
  /** Normal images that nothing is trained on, and that have no copy among those that are; empty where there are none. */
  heldOut: number[];
}

/** What of a run's input chooses its images. */
export interface ImageChoice {
  unlabeled?: number | undefined;
  anomalousRate?: number | undefined;
  calibration?: number | undefined;
}

/**
 * Chooses D_n, D_u of size M and the held-out normal images. Where labels of the unlabeled pool are known, D_u is the first M - floor(M * AR)
 * normal images and then the first floor(M * AR) abnormal ones, in the order of data.json (paper, section 4.1; the
 * labels choose the mix and are never used in training); where they are not, the first M.
 *
 * @param choice.unlabeled M; absent: all there are; 0: none (one-class mode)
 * @param choice.anomalousRate AR in 0..1; absent: the pool's own rate. Only for pools with known labels
 * @param choice.calibration share of D_n that is held out beside the dataset's validation images; absent: 0
 * @returns positions, or every fault, under the names of the run input's fields
 */
export function selectTrainingImages(
  index: DatasetIndex,
  choice: ImageChoice,
): TrainingImages | { faults: Fault[] } {
  const chosen = selectUnlabeled(index, choice);
  if ('faults' in chosen) return chosen;
  const { unlabeled } = chosen;
  const { normal, heldOut } = splitNormals(index, choice.calibration ?? 0);
  const candidates = [...heldOut, ...index.validation];
  return { normal, unlabeled, heldOut: withoutCopiesOf(index, candidates, [...normal, ...unlabeled]) };
}

function selectUnlabeled(
  index: DatasetIndex,
  choice: ImageChoice,
): { unlabeled: number[] } | { faults: Fault[] } {
  const { unlabeled: pool } = index;
  const rate = choice.anomalousRate;
  const faults: Fault[] = [];
  if (rate !== undefined && pool.labels !== 'known') {
    const came =
      pool.labels === 'none'
        ? 'the dataset has no unlabeled images'
        : 'nobody knows which of its are abnormal';
    faults.push({
      path: 'anomalousRate',
      message: `expected no anomalousRate, which needs unlabeled images of known labels (${came}), got ${rate}`,
    });
  }

  if (pool.labels !== 'known') {
    const images = pool.labels === 'none' ? [] : pool.images;
    const wanted = choice.unlabeled ?? images.length;
    if (wanted > images.length) {
      faults.push({
        path: 'unlabeled',
        message: `expected at most ${images.length}, the unlabeled images there are, got ${wanted}`,
      });
    }
    return faults.length > 0 ? { faults } : { unlabeled: images.slice(0, wanted) };
  }

  const { normal, abnormal } = pool;
  const available = normal.length + abnormal.length;
  const wanted = choice.unlabeled ?? available;
  const abnormalWanted =
    rate === undefined ? Math.floor((wanted * abnormal.length) / available) : floorShare(wanted, rate);
  const normalWanted = wanted - abnormalWanted;
  if (normalWanted > normal.length || abnormalWanted > abnormal.length) {
    const lacks = [
      ['unlabeled.0', normalWanted - normal.length],
      ['unlabeled.1', abnormalWanted - abnormal.length],
    ].flatMap(([part, count]) => (Number(count) > 0 ? [`${part} lacks ${count}`] : []));
    faults.push({
      path: 'unlabeled',
      message:
        `expected no more unlabeled images than there are (${normal.length} normal and ${abnormal.length} ` +
        `abnormal), got a wish for ${normalWanted} normal and ${abnormalWanted} abnormal (${wanted} in all` +
        `${rate === undefined ? '' : ` at anomalousRate ${rate}`}): ${lacks.join(', ')}`,
    });
  }
  if (faults.length > 0) return { faults };
  return { unlabeled: [...normal.slice(0, normalWanted), ...abnormal.slice(0, abnormalWanted)] };
}

/** Positions of all unlabeled images that there are, whichever of them a run takes. */
export function unlabeledPool({ unlabeled }: Pick<DatasetIndex, 'unlabeled'>): number[] {
  if (unlabeled.labels === 'known') return [...unlabeled.normal, ...unlabeled.abnormal];
  return unlabeled.labels === 'unknown' ? unlabeled.images : [];
}

/**
 * The test images: normal ones, then abnormal ones, or the flat list, in the order of data.json.
 * @returns their positions, empty where there are none; labels (1 abnormal) beside them, null where nobody knows them
 */
export function testImages(index: DatasetIndex): { images: number[]; labels: (0 | 1)[] | null } {
  const { test } = index;
  if (test.labels === 'none') return { images: [], labels: null };
  if (test.labels === 'unknown') return { images: [...test.images], labels: null };
  return {
    images: [...test.normal, ...test.abnormal],
    labels: [...test.normal.map(() => 0 as const), ...test.abnormal.map(() => 1 as const)],
  };
}
