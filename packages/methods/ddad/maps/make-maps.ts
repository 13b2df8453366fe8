import { recordedEnvironment } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import type { MapSpec } from '../kinds.ts';
import { dropoutMapMaker } from './dropout-maps.ts';
import { loadEnsemble } from './ensemble.ts';
import { ensembleMapMaker } from './ensemble-maps.ts';
import { ScoreFiles } from './score-files.ts';

/**
 * Scores images with all members, or with MC Dropout's passes: files `scores` (tensors `rec.INDEX` per NDM member,
 * `recEnsemble`, `aIntra`, `aInter`: [T]) and `maps` (`recEnsemble`, `aIntra`, `aInter`: [T,H,W]). Without a UDM there is no
 * `aInter`. With AE-U all of them are refined by its uncertainty.
 */
export async function makeMaps(task: MakeTask<MapSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const started = performance.now();
  const images = await readSpecifiedImages('images', task);
  const side = spec.imageSize;
  const area = side * side;
  const ensemble = await loadEnsemble(task);
  const maker =
    spec.dropout === undefined
      ? ensembleMapMaker(ensemble, side)
      : dropoutMapMaker(ensemble, spec.dropout, side);
  const count = task.images.length;
  const maps = ['recEnsemble', 'aIntra', ...(spec.udm.length > 0 ? ['aInter'] : [])];
  const files = await ScoreFiles.create({ directory, count, side, maps });
  try {
    context.ready();
    const { batchSize } = maker;
    const batch = new Float32Array(batchSize * area);
    for (let start = 0; start < count; start += batchSize) {
      const done = Math.min(start + batchSize, count);
      batch.fill(0);
      batch.set(images.subarray(start * area, done * area));
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
