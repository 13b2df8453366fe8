import {
  type Calibration,
  type LabelFree,
  leastHeldOut,
  likeMain,
  type RunResult,
  type ScoreDefinition,
} from '@ddad/contract';
import { definitionsOf } from '@ddad/runs';
import { lossFigure, percent } from './figures.ts';
import { gridLines } from './grid-lines.ts';
import { type Column, tableLines } from './table.ts';

/** What held-out normal images tell: thresholds, and figures for choosing settings. Nothing where there are none. */
export function heldOutLines(result: RunResult): string[] {
  const definitions = definitionsOf(result);
  return [
    ...thresholdLines(definitions, result.calibration),
    ...labelFreeLines(definitions, result.labelFree),
  ];
}

/** Thresholds of scores like the main one, and what they give on the test images; the others are in report.json and on the page. */
function thresholdLines(
  definitions: readonly ScoreDefinition[],
  calibration: Calibration | undefined,
): string[] {
  if (calibration === undefined) return [];
  const { images, falsePositiveRate, thresholds } = calibration;
  const rate = `${percent(falsePositiveRate)} %`;
  if (thresholds === null) {
    const least = leastHeldOut(falsePositiveRate);
    return [
      `no thresholds: at ${rate} false positives they need ${least} held-out normal images, not ${images}`,
    ];
  }
  const share = (value: number | null) => (value === null ? '' : percent(value));
  const columns: Column[] = [
    { heading: 'score' },
    { heading: 'threshold', align: 'right' },
    { heading: 'sensitivity %', align: 'right' },
    { heading: 'specificity %', align: 'right' },
  ];
  const rows = likeMain(definitions, thresholds).flatMap((name) => {
    const found = thresholds[name];
    if (found === undefined) return [];
    return [[name, lossFigure(found.threshold), share(found.sensitivity), share(found.specificity)]];
  });
  return [
    '',
    `thresholds at ${rate} false positives, from ${images} held-out normal images; rates are those seen on the test images`,
    ...tableLines(columns, rows),
  ];
}

/** Figures that need no label of a test image. */
function labelFreeLines(definitions: readonly ScoreDefinition[], labelFree: LabelFree | undefined): string[] {
  if (labelFree === undefined) return [];
  const { unlabeled, heldOut } = labelFree.images;
  const withAuc = Object.values(labelFree.scores).some(({ auc }) => auc !== null);
  const columns: Column[] = [
    { heading: 'score' },
    ...(withAuc ? [{ heading: 'label-free AUC %', align: 'right' } as const] : []),
    { heading: 'held-out mean', align: 'right' },
  ];
  const shown = definitions.filter(({ name }) => labelFree.scores[name] !== undefined);
  const figure = (auc: number | null, { learnsUnlabeled }: ScoreDefinition) =>
    auc === null ? '' : `${percent(auc)}${learnsUnlabeled ? '*' : ''}`;
  const like = likeMain(definitions, labelFree.scores);
  const rows = shown
    .filter(({ name }) => like.includes(name))
    .map((definition) => {
      const { auc, heldOutMean } = labelFree.scores[definition.name]!;
      return [definition.name, ...(withAuc ? [figure(auc, definition)] : []), lossFigure(heldOutMean)];
    });
  const grid = withAuc
    ? gridLines('label-free AUC %', definitions, labelFree.scores, ({ auc }, of) => figure(auc, of))
    : [];
  const learned = withAuc && shown.some(({ learnsUnlabeled }) => learnsUnlabeled);
  const against = withAuc ? `${unlabeled} unlabeled against ${heldOut}` : `${heldOut}`;
  return [
    '',
    `label-free, for choosing: ${against} held-out normal images`,
    ...grid,
    ...tableLines(columns, rows),
    ...(learned
      ? ['* learned from these unlabeled images, and knows some by heart: to be compared within a map only']
      : []),
    '',
  ];
}
