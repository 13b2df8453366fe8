import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { mapImages } from '../../maps/map-images.ts';
import type { DsuSpec } from '../kinds.ts';
import { type Ensemble, loadPart } from '../maps/ensemble.ts';
import { dsuMapMaker, membersAtOnce } from './dsu-maps.ts';

/** Scores images by the dual-space uncertainty of the NDM: files `scores` (tensor `dsu`: [T]) and `maps` (`dsu`: [T,H,W]). */
export function makeDsu(task: MakeTask<DsuSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { ndm, imageSize } = task.spec;
  return mapImages(task, context, ['dsu'], async () => {
    const parts: Ensemble[] = [];
    for (let start = 0; start < ndm.length; start += membersAtOnce) {
      const size = Math.min(membersAtOnce, ndm.length - start);
      parts.push(
        await loadPart(
          task,
          Array.from({ length: size }, (_, i) => start + i),
        ),
      );
    }
    return dsuMapMaker(parts, imageSize);
  });
}
