import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { mapImages } from '../../maps/map-images.ts';
import { type MapSpec, reconstructsAlone } from '../kinds.ts';
import { dropoutMapMaker } from './dropout-maps.ts';
import { loadEnsemble } from './ensemble.ts';
import { ensembleMapMaker } from './ensemble-maps.ts';

/**
 * Scores images with all members, or with MC Dropout's passes: files `scores` (tensors `rec.INDEX` per NDM member,
 * `recEnsemble`, `aIntra`, `aInter`: [T]) and `maps` (`recEnsemble`, `aIntra`, `aInter`: [T,H,W]). Without a UDM there is no
 * `aInter`, of one member no `aIntra`. With AE-U all of them are refined by its uncertainty.
 */
export function makeMaps(task: MakeTask<MapSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { imageSize: side, udm, dropout } = task.spec;
  const spread = reconstructsAlone(task.spec) ? [] : ['aIntra'];
  const maps = ['recEnsemble', ...spread, ...(udm.length > 0 ? ['aInter'] : [])];
  return mapImages(task, context, maps, async () => {
    const ensemble = await loadEnsemble(task);
    return dropout === undefined
      ? ensembleMapMaker(ensemble, side)
      : dropoutMapMaker(ensemble, dropout, side);
  });
}
