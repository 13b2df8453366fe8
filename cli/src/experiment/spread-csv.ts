import { axisText, type PixelFigures, seedAxis } from '@ddad/contract';
import { bySeeds, spreadOverSeeds } from '@ddad/methods';
import { csvFormatRows } from 'd3-dsv';
import type { ExperimentOutcome } from './finished-runs.ts';
import { type Line, linesOf } from './results-csv.ts';

/** Figures by the name of their columns. */
type Figures = Record<string, (line: Line) => number | undefined>;

const ofPixels =
  (figure: keyof PixelFigures) =>
  ({ pixels }: Line) =>
    pixels?.[figure];

/**
 * spread.csv: mean, standard deviation (n − 1) and number of every figure of results.csv over the seeds, in long form; shares in
 * 0..1. A deviation is empty where one seed alone has the figure, `k` where it differs between seeds.
 * @returns null where seeds are no axis
 */
export function spreadCsv({ axes, runs }: ExperimentOutcome): string | null {
  if (!axes.includes(seedAxis)) return null;
  const others = axes.filter((axis) => axis !== seedAxis);
  const masked = runs.some(({ result }) => result.pixelTruth?.scores != null);
  const figures: Figures = {
    auc: ({ auc }) => auc,
    ap: ({ ap }) => ap,
    ...(masked
      ? {
          aupro: ofPixels('aupro'),
          best_dice: ofPixels('bestDice'),
          dice_at_threshold: ofPixels('diceAtThreshold'),
        }
      : {}),
  };
  const names = Object.keys(figures);
  const header = [
    ...others,
    ...['of', 'score', 'k'],
    ...names.flatMap((name) => [`${name}_mean`, `${name}_sd`, `${name}_n`]),
  ];
  const rows = bySeeds(runs).flatMap(({ axes: values, runs: seeds }) => {
    const lines = Map.groupBy(seeds.flatMap(linesOf), figureOf);
    return [...lines.values()].map((same) => [
      ...others.map((axis) => axisText(values[axis])),
      ...nameOf(same),
      ...names.flatMap((name) => spreadCells(same.flatMap((line) => figures[name]!(line) ?? []))),
    ]);
  });
  return `${csvFormatRows([header, ...rows])}\n`;
}

/** Which figure a line has: of subsets one for each size; of runs the same, however many members of each seed finished. */
function figureOf({ of, score, k }: Line): string {
  return JSON.stringify([of, score, of === 'subsets' ? k : null]);
}

/** The size where it is the same in all seeds. */
function nameOf(same: readonly Line[]): string[] {
  const [first] = same;
  if (first === undefined) return ['', '', ''];
  const { of, score, k } = first;
  return [of, score, k === null || same.some((line) => line.k !== k) ? '' : String(k)];
}

function spreadCells(values: readonly number[]): string[] {
  if (values.length === 0) return ['', '', ''];
  const { mean, std, n } = spreadOverSeeds(values);
  return [String(mean), std === null ? '' : String(std), String(n)];
}
