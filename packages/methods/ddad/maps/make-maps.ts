import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordedEnvironment } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import type { MapSpec } from '../kinds.ts';
import { inBatches } from './batches.ts';
import { dropoutMapMaker } from './dropout-maps.ts';
import { loadEnsemble } from './ensemble.ts';
import { ensembleMapMaker } from './ensemble-maps.ts';

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
  try {
    context.ready();
    const count = task.images.length;
    const { batchSize } = maker;
    const batch = new Float32Array(batchSize * area);
    const results = await inBatches(count, batchSize, async (start) => {
      batch.fill(0);
      batch.set(images.subarray(start * area, Math.min(start + batchSize, count) * area));
      const found = await maker.make(batch, () => goesOn(context));
      const done = Math.min(start + batchSize, count);
      const seconds = (performance.now() - started) / 1000;
      if (found !== null)
        context.progress({ done, total: count, loss: null, imagesPerSecond: done / seconds });
      return found;
    });
    // Maps take minutes at most: there is nothing to keep of half of them.
    if (results === null) return null;
    const files = {
      scores: join(directory, 'scores.safetensors'),
      maps: join(directory, 'maps.safetensors'),
    };
    const scores = new Map<string, { shape: number[]; data: Float32Array }>();
    const maps = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, data] of results) {
      if (name.startsWith('map.')) maps.set(name.slice('map.'.length), { shape: [count, side, side], data });
      else scores.set(name, { shape: [count], data });
    }
    await writeFile(files.scores, encodeSafetensors(scores));
    await writeFile(files.maps, encodeSafetensors(maps));
    const seconds = (performance.now() - started) / 1000;
    return { files, loss: null, seconds, environment: recordedEnvironment(task.threads) };
  } finally {
    maker.dispose();
  }
}
