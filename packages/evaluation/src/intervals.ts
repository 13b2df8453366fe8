import { SeparationBootstrap, strataOf, unitsOf } from '@ddad/anomaly';
import { usualBootstrap, usualResamples } from '@ddad/anomaly/usual-bootstrap';
import type { DatasetIndex, Intervals, RunScores } from '@ddad/contract';
import { testImages } from '@ddad/dataset/select';
import type { ImageScores } from './image-scores.ts';

/** Of very many images: intervals are narrow there, and their ends steady. */
const leastResamples = 200;
/** Images that all resamples of a score hold together, at most: what bounds the time. */
const imagesDrawn = 4e7;
/** Between two signs of life, so many parts of the work. */
const parts = 20;

/** Steps of the work on intervals, for whoever tells how it goes. @param labels of the test images; null where nobody knows them */
export function intervalSteps(labels: readonly number[] | null): number {
  return labels?.includes(0) && labels.includes(1) ? parts : 0;
}

/**
 * The scores with intervals of AUC and AP, and with sensitivities and specificities that matter: a bootstrap over the test
 * images, by patient where the index knows patients.
 * @param scores of all test images
 * @param labels of the test images, both classes among them
 * @param goesOn called `intervalSteps` times; false ends it
 * @returns null where it was told to end
 */
export async function withIntervals(
  scores: RunScores,
  index: DatasetIndex,
  test: ImageScores,
  labels: readonly number[],
  goesOn: () => Promise<boolean>,
): Promise<{ scores: RunScores; intervals: Intervals } | null> {
  const patients = testImages(index).images.map((position) => index.patients?.[position] ?? null);
  const { by, strata } = strataOf(labels, patients);
  const resamples = Math.min(
    usualResamples,
    Math.max(leastResamples, Math.floor(imagesDrawn / labels.length)),
  );
  const settings = usualBootstrap(resamples);
  const values = [...test].map(([name, score]) => [name, score.values] as const);
  const bootstrap = new SeparationBootstrap(values, labels, strata, settings);
  for (let part = 0; part < parts; part += 1) {
    bootstrap.draw(Math.ceil(resamples / parts));
    if (!(await goesOn())) return null;
  }
  const found = bootstrap.intervals();
  return {
    scores: Object.fromEntries(
      Object.entries(scores).map(([name, separation]) => [name, { ...separation, ...found.get(name) }]),
    ),
    intervals: {
      confidence: settings.confidence,
      resamples,
      by,
      units: unitsOf(strata),
    },
  };
}
