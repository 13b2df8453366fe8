import type { DatasetIndex, PathologyGroup, PathologyResult, SeenAndUnseen } from '@ddad/contract';
import { testImages, unlabeledPool } from '@ddad/dataset/select';
import type { ImageScores } from './image-scores.ts';
import { separations } from './separations.ts';
import { type TrainingChoice, trainingPositions } from './training-positions.ts';

/** Whether some unlabeled images hold a pathology; null where one of them may hold anything. */
type Seen = (images: ReadonlySet<number>) => boolean | null;

function seenIn(index: DatasetIndex, unlabeled: readonly number[]): Seen {
  const normal = new Set(index.unlabeled.labels === 'known' ? index.unlabeled.normal : []);
  const named = new Set(index.pathologies?.flatMap(({ images }) => images));
  const open = unlabeled.some((position) => !normal.has(position) && !named.has(position));
  return (images) => (unlabeled.some((position) => images.has(position)) ? true : open ? null : false);
}

/**
 * AUC and AP by pathology: the abnormal test images that show it against all normal ones; and by what the run's D_u, or
 * the dataset's whole pool, has seen (Table 4).
 * @param labels of the test images, both classes among them
 * @returns undefined where the dataset names no pathologies
 */
export function pathologyResult(
  index: DatasetIndex,
  choice: TrainingChoice,
  scores: ImageScores,
  labels: readonly number[],
): PathologyResult | undefined {
  if (index.pathologies === undefined) return undefined;
  const pathologies = index.pathologies.map(({ name, images }) => ({ name, shown: new Set(images) }));
  const { images } = testImages(index);
  const places = [...images.keys()];
  const showsIn = (shown: ReadonlySet<number>, place: number) => shown.has(images[place] ?? Number.NaN);
  const normals = places.filter((i) => labels[i] === 0);
  const abnormal = places.filter((i) => labels[i] === 1);
  const against = (group: readonly number[]) => separations(scores, labels, [...normals, ...group]);
  const { unlabeled } = trainingPositions(index, choice);

  const groups = (seen: Seen): SeenAndUnseen => {
    const verdicts = pathologies.map(({ name, shown }) => ({ name, shown, seen: seen(shown) }));
    const of = (wanted: boolean): PathologyGroup => {
      const inGroup = abnormal.filter((i) => {
        const here = verdicts.filter(({ shown }) => showsIn(shown, i));
        return here.length > 0 && here.every((verdict) => verdict.seen === wanted);
      });
      const names = verdicts.flatMap((verdict) => (verdict.seen === wanted ? [verdict.name] : []));
      return { pathologies: names, images: inGroup.length, scores: against(inGroup) };
    };
    const [held, unheld] = [of(true), of(false)];
    return { seen: held, unseen: unheld, neither: abnormal.length - unnamed - held.images - unheld.images };
  };
  const unnamed = abnormal.filter((i) => !pathologies.some(({ shown }) => showsIn(shown, i))).length;

  const seenByRun = seenIn(index, unlabeled);
  return {
    normals: normals.length,
    each: pathologies.map(({ name, shown }) => {
      const showing = abnormal.filter((i) => showsIn(shown, i));
      return {
        name,
        images: showing.length,
        unlabeled: unlabeled.filter((position) => shown.has(position)).length,
        seen: seenByRun(shown),
        scores: against(showing),
      };
    }),
    byRun: groups(seenByRun),
    byPool: groups(seenIn(index, unlabeledPool(index))),
    unnamed,
  };
}
