import { recordedEnvironment } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { paddedBatches } from '../padded-batches.ts';
import type { MapMaker } from './map-maker.ts';
import { ScoreFiles } from './score-files.ts';

/**
 * Scores a task's images in batches: files `scores` ([T] each) and `maps` ([T,H,W] each).
 * @param maps names of the maps that `open` makes
 * @param open loads what makes them; it is disposed of
 * @returns null where the parent wants no more
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function mapImages(
  task: MakeTask<{ imageSize: number; imagesDigest: string }>,
  context: ChildContext,
  maps: readonly string[],
  open: () => Promise<MapMaker>,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const started = performance.now();
  const images = await readSpecifiedImages('images', task);
  const side = spec.imageSize;
  const maker = await open();
  const count = task.images.length;
  const files = await ScoreFiles.create({ directory, count, side, maps });
  try {
    context.ready();
    for (const { batch, start, done } of paddedBatches(images, side * side, maker.batchSize)) {
      const found = await maker.make(batch, () => goesOn(context));
      // Maps take minutes at most: there is nothing to keep of half of them.
      if (found === null) return null;
      await files.add(found, done - start);
      const seconds = (performance.now() - started) / 1000;
      context.progress({ done, total: count, loss: null, imagesPerSecond: done / seconds });
    }
    const paths = await files.close();
    const seconds = (performance.now() - started) / 1000;
    return { files: paths, loss: null, seconds, environment: recordedEnvironment(task.threads) };
  } finally {
    maker.dispose();
    await files.discard();
  }
}
