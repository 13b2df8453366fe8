import { type Interval, isObject, mainScore, type RunResult, type Separation } from '@ddad/contract';
import { definitionsOf } from '@ddad/runs';
import type { Pair } from './client.ts';

/** The longest value that MLflow takes of a parameter, and of a tag. */
const longestParam = 6000;
const longestTag = 5000;

/** What MLflow is told of a run beside its files. */
export interface RunRecord {
  name: string;
  params: Pair[];
  metrics: { key: string; value: number }[];
  tags: Pair[];
}

/**
 * A finished run as MLflow tells of runs: fields of its input as parameters (`refiner.epochs`), figures as metrics (`auc/NAME`, with
 * the ends of its interval `auc_low/NAME` and `auc_high/NAME`), shares in 0..1.
 * @param workflowId as `ddad runs` lists it, where it is known
 */
export function runRecord(result: RunResult, workflowId: string | null): RunRecord {
  const { input, dataset, datasetDigest, method, seed, scores } = result;
  const main = scores === null ? null : mainScore(definitionsOf(result), scores);
  const text = (value: string) => value.slice(0, longestTag);
  const tags = {
    'ddad.run': result.runId,
    ...(workflowId === null ? {} : { 'ddad.workflow': workflowId }),
    'ddad.method': method,
    'ddad.dataset': dataset,
    ...(datasetDigest === undefined ? {} : { 'ddad.dataset.digest': datasetDigest }),
    'ddad.synthetic': String(result.synthetic),
    ...(main === null ? {} : { 'ddad.main_score': main }),
    'mlflow.source.name': 'ddad',
    'mlflow.source.type': 'JOB',
    ...(result.notes === undefined ? {} : { 'ddad.notes': result.notes.join('\n') }),
  };
  return {
    name: workflowId ?? result.runId,
    params: fieldsOf(input ?? { dataset, method, seed }, '').map(({ key, value }) => ({
      key,
      value: value.slice(0, longestParam),
    })),
    metrics: metricsOf(result, main),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value: text(value) })),
  };
}

function fieldsOf(value: unknown, path: string): Pair[] {
  if (isObject(value))
    return Object.entries(value).flatMap(([name, own]) =>
      fieldsOf(own, path === '' ? name : `${path}.${name}`),
    );
  return [{ key: path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
}

function metricsOf(result: RunResult, main: string | null): RunRecord['metrics'] {
  const { scores, pathologies, pixelTruth, calibration, withoutCopies, seconds } = result;
  const named = Object.entries(scores ?? {});
  const ofMain = <T>(from: Readonly<Record<string, T>> | null | undefined): T | undefined =>
    main === null ? undefined : from?.[main];
  const shown = (pathologies?.each ?? []).flatMap(({ name, scores: own }) => {
    const found = ofMain(own);
    return found === undefined ? [] : separationMetrics(`pathology/${keyPart(name)}/${main}`, found);
  });
  const clean = ofMain(withoutCopies?.scores);
  const metrics: [string, number | null | undefined][] = [
    ...named.flatMap(([name, found]) => separationMetrics(name, found)),
    ...shown,
    ...(clean === undefined ? [] : separationMetrics(`without_copies/${main}`, clean)),
    ...Object.entries(pixelTruth?.scores ?? {}).flatMap(([name, { auroc, ap, aupro, bestDice }]) =>
      Object.entries({ auroc, ap, aupro, best_dice: bestDice }).map(
        ([figure, value]) => [`pixel_${figure}/${name}`, value] as [string, number],
      ),
    ),
    ...Object.entries(calibration?.thresholds ?? {}).flatMap(
      ([name, { threshold, sensitivity, specificity }]): [string, number | null][] => [
        [`threshold/${name}`, threshold],
        [`sensitivity/${name}`, sensitivity],
        [`specificity/${name}`, specificity],
      ],
    ),
    ...Object.entries(seconds).map(([stage, value]): [string, number] => [
      `seconds/${keyPart(stage)}`,
      value,
    ]),
  ];
  return metrics.flatMap(([key, value]) => (value == null ? [] : [{ key, value }]));
}

function separationMetrics(name: string, found: Separation): [string, number][] {
  const { auc, ap, aucInterval, apInterval, sensitivityAt = [], specificityAt = [] } = found;
  const ends = (key: string, interval: Interval | undefined): [string, number][] =>
    interval === undefined
      ? []
      : [
          [`${key}_low/${name}`, interval.low],
          [`${key}_high/${name}`, interval.high],
        ];
  return [
    [`auc/${name}`, auc],
    ...ends('auc', aucInterval),
    [`ap/${name}`, ap],
    ...ends('ap', apInterval),
    ...sensitivityAt.flatMap((rate): [string, number][] => {
      const key = `sensitivity_at_${rate.at * 100}_specificity`;
      return [[`${key}/${name}`, rate.value], ...ends(key, rate)];
    }),
    ...specificityAt.flatMap((rate): [string, number][] => {
      const key = `specificity_at_${rate.at * 100}_sensitivity`;
      return [[`${key}/${name}`, rate.value], ...ends(key, rate)];
    }),
  ];
}

/** A name as a part of a metric's key, which takes letters, digits, `_`, `-`, `.` and spaces alone. */
function keyPart(name: string): string {
  const part = name.replace(/[^\w\- .]/g, '_').slice(0, 100);
  return /^[. ]*$/.test(part) ? '_' : part;
}
