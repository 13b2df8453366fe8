import { reconstructionError } from '@ddad/anomaly';
import { type Tensor, tf } from '@ddad/compute';
import type { Reconstruction } from '@ddad/models';

/** Image score: the mean of the pixel scores. [N,H,W,1] → [N] */
export const imageScore = (map: Tensor): Tensor => tf.mean(map, [1, 2, 3]);

/**
 * Score maps under `map.NAME` [N,H,W,1], and image scores [N] under `NAME`: `recEnsemble`, `aIntra`, `aInter`, and `rec.INDEX` of
 * every NDM member, as a score only. With AE-U all of them are refined by its uncertainty.
 * @param images [N,H,W,1]
 */
export function mapResults(
  images: Tensor,
  found: { ndm: Reconstruction[]; recEnsemble: Tensor; aIntra: Tensor | null; aInter: Tensor | null },
): Record<string, Tensor> {
  const { ndm, recEnsemble, aIntra, aInter } = found;
  const results: Record<string, Tensor> = {
    'map.recEnsemble': recEnsemble,
    ...(aIntra === null ? {} : { 'map.aIntra': aIntra }),
    recEnsemble: imageScore(recEnsemble),
    ...(aIntra === null ? {} : { aIntra: imageScore(aIntra) }),
  };
  ndm.forEach(({ image, variance }, index) => {
    results[`rec.${index}`] = imageScore(reconstructionError(images, image, variance));
  });
  if (aInter !== null) {
    results['map.aInter'] = aInter;
    results.aInter = imageScore(aInter);
  }
  return results;
}
