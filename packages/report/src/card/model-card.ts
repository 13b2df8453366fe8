import { hanleyMcNeil } from '@ddad/anomaly';
import {
  defaultImageSize,
  type Interval,
  type Intervals,
  type MemberResult,
  mainScore,
  type PathologyGroup,
  type PixelFigures,
  type RunData,
  type RunResult,
  type ScoreWarning,
  type Separation,
  scoreWarnings,
  type Threshold,
} from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { definitionsOf, divergedTrainings } from '@ddad/runs';

/** A subgroup of the abnormal test images against all normal ones. */
export interface CardSubgroup {
  name: string;
  /** Abnormal images of it. */
  images: number;
  /** Whether images of it were among those trained on; null where nobody knows. */
  seen: boolean | null;
  /** Of the main score; null where there are no such images. */
  separation: Pick<Separation, 'auc' | 'ap'> | null;
  /** Of the AUC, 95 %, by Hanley and McNeil; null as above, and of fewer than five images of a class. */
  aucInterval: Interval | null;
}

/** What is to be known of a run before anybody uses it: all of it follows from its report.json. */
export interface ModelCard {
  runId: string;
  /** `settings`: what tells runs of the method apart; empty where nobody knows the method. */
  method: { name: string; title: string; settings: string; deviations: string[] };
  dataset: { name: string; digest: string | null; synthetic: boolean; imageSize: number };
  /** What it was made of; null of results from before that was told. */
  data: (RunData & { trainsOnUnlabeled: boolean }) | null;
  /** The whole input; null of results from before it was told. */
  input: Record<string, unknown> | null;
  seeds: {
    run: number;
    members: Pick<MemberResult, 'role' | 'index' | 'seed' | 'divergedSeed' | 'key'>[];
    /** Trainings beside the members' that diverged with a seed, in words. */
    diverged: string[];
  };
  /** In the order of their definitions; null where nothing could be judged. */
  scores: ({ name: string; meaning: string } & Separation)[] | null;
  /** How the intervals of the scores were found; null where there are none. */
  intervals: Intervals | null;
  /** The score that subgroups are told by; null where there is none. */
  mainScore: string | null;
  /** By pathology, and by whether the run had seen any of the kind; empty where the dataset names none. */
  subgroups: CardSubgroup[];
  /** Without the test images that have a copy among the training images; null where there is none. */
  withoutCopies: { images: number; separation: Separation | null } | null;
  /** Null where no normal images were held out, or too few. */
  thresholds: { images: number; falsePositiveRate: number; byScore: Record<string, Threshold> } | null;
  /** Of the maps; empty where there are no masks. */
  pixels: ({ name: string } & PixelFigures)[];
  warnings: ScoreWarning[];
  artifacts: { id: string; kind: string; key: string }[];
  /** Members that failed for good: the scores are those of the others. */
  failedMembers: { role: string; index: number }[];
  /** What nobody has tested, in sentences. */
  notTested: string[];
}

/** The card of a finished run. @param methods whose words describe it */
export function modelCard(result: RunResult, methods: MethodRegistry): ModelCard {
  const definitions = definitionsOf(result, methods);
  const { scores, calibration, withoutCopies, input } = result;
  const main = scores === null ? null : mainScore(definitions, scores);
  const method = methods.find(result.method);
  const own = definitions.flatMap(({ name, meaning }) => {
    const separation = scores?.[name];
    return separation === undefined ? [] : [{ name, meaning, ...separation }];
  });
  const card: Omit<ModelCard, 'notTested'> = {
    runId: result.runId,
    method: {
      name: result.method,
      title: method?.title ?? result.method,
      settings: method?.describe(result) ?? '',
      deviations: result.deviations ?? [],
    },
    dataset: {
      name: result.dataset,
      digest: result.datasetDigest ?? null,
      synthetic: result.synthetic,
      imageSize: result.imageSize ?? defaultImageSize,
    },
    data: dataOf(result, methods),
    input: input ?? null,
    seeds: {
      run: result.seed,
      members: result.members.map(({ role, index, seed, divergedSeed, key }) => ({
        role,
        index,
        seed,
        ...(divergedSeed === undefined ? {} : { divergedSeed }),
        key,
      })),
      diverged: divergedTrainings(result),
    },
    scores: scores === null ? null : own,
    intervals: result.intervals ?? null,
    mainScore: main,
    subgroups: main === null ? [] : subgroupsOf(result, main),
    withoutCopies:
      withoutCopies === undefined
        ? null
        : {
            images: withoutCopies.images,
            separation: main === null ? null : (withoutCopies.scores?.[main] ?? null),
          },
    thresholds:
      calibration?.thresholds == null
        ? null
        : {
            images: calibration.images,
            falsePositiveRate: calibration.falsePositiveRate,
            byScore: calibration.thresholds,
          },
    pixels: definitions.flatMap(({ name }) => {
      const figures = result.pixelTruth?.scores?.[name];
      return figures === undefined ? [] : [{ name, ...figures }];
    }),
    warnings: scoreWarnings(result),
    artifacts: (result.nodes ?? []).map(({ id, kind, key }) => ({ id, kind, key })),
    failedMembers: (result.failedMembers ?? []).map(({ role, index }) => ({ role, index })),
  };
  return { ...card, notTested: notTested(card) };
}

/** Results from before it was told whether D_u was trained on: of methods that have a use for it, it was. */
function dataOf({ data, method }: RunResult, methods: MethodRegistry): ModelCard['data'] {
  if (data === undefined) return null;
  const { trainsOnUnlabeled = methods.find(method)?.usesUnlabeled !== false } = data;
  return { ...data, trainsOnUnlabeled };
}

function subgroupsOf({ pathologies }: RunResult, main: string): CardSubgroup[] {
  if (pathologies === undefined) return [];
  const { normals, each, byRun } = pathologies;
  const subgroup = (
    name: string,
    seen: boolean | null,
    { images, scores }: Pick<PathologyGroup, 'images' | 'scores'>,
  ): CardSubgroup => {
    const separation = scores?.[main] ?? null;
    return {
      name,
      images,
      seen,
      separation: separation === null ? null : { auc: separation.auc, ap: separation.ap },
      aucInterval: separation === null ? null : hanleyMcNeil(separation.auc, images, normals),
    };
  };
  const groups = [
    subgroup('all whose pathologies were seen in training', true, byRun.seen),
    subgroup('all whose pathologies were not', false, byRun.unseen),
  ].filter(({ images }) => images > 0);
  return [...each.map((one) => subgroup(one.name, one.seen, one)), ...(groups.length > 1 ? groups : [])];
}

function notTested(card: Omit<ModelCard, 'notTested'>): string[] {
  const { dataset, data, scores, intervals, subgroups, pixels, thresholds, withoutCopies } = card;
  const untested = subgroups.filter(({ images }) => images === 0).map(({ name }) => name);
  const sayIf = (found: boolean, ...text: string[]) => (found ? text : []);
  return [
    ...sayIf(
      scores === null,
      'Whether it finds anything: the test images have no labels, or there are none.',
    ),
    ...sayIf(dataset.synthetic, 'Real images: those of the dataset were made by a generator.'),
    'Images from anywhere but where those of the dataset are from: other hospitals, scanners, protocols or populations.',
    'Other trainings: intervals tell of other test images, not of other seeds or settings.',
    'Subgroups by age, sex, scanner or site, which the dataset does not know.',
    ...sayIf(
      scores !== null && subgroups.length === 0,
      'Subgroups by pathology: the dataset names none, so that a kind that is never found would not show.',
    ),
    ...sayIf(untested.length > 0, `Pathologies that no abnormal test image shows: ${untested.join(', ')}.`),
    ...sayIf(
      data !== null && data.test.patients === undefined,
      'Patients: the dataset does not know them, so that images of one may be on both sides of training and test, and intervals count images.',
    ),
    ...sayIf(
      scores !== null && intervals === null,
      'How sure the figures are: the result is of a version before there were intervals.',
    ),
    ...sayIf(
      withoutCopies !== null,
      'Images apart from the training: some test images have a copy among the training images; the scores without them stand above.',
    ),
    ...sayIf(thresholds === null, 'A threshold: no normal images were held out, or too few.'),
    ...sayIf(pixels.length === 0, 'Where in an image something is: no masks were compared with maps.'),
    'Use by readers, and any effect on what is decided: it is not a medical device.',
  ];
}
