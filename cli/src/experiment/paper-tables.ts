import {
  type AxisValues,
  describeAxes,
  type KCurveScore,
  type RunResult,
  type RunScores,
} from '@ddad/contract';
import { percent } from '../figures.ts';
import { markdownTable } from '../markdown.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { aucAp, scoresOf } from './results-markdown.ts';

/** Axis values without one axis: what else tells runs apart. */
export function withoutAxis(axes: AxisValues, name: string): AxisValues {
  return Object.fromEntries(Object.entries(axes).filter(([axis]) => axis !== name));
}

const backboneNames: Partial<Record<string, string>> = { ae: 'AE', aeu: 'AE-U', memae: 'MemAE' };
const backboneOf = ({ backbone }: RunResult) => backboneNames[backbone] ?? backbone;

/** Table 3: scores of every backbone; a column for each combination of whatever else varies, else the dataset. */
export function table3({ runs }: ExperimentOutcome): string {
  const columnOf = ({ axes, result }: FinishedRun) =>
    describeAxes(withoutAxis(axes, 'backbone')) || result.dataset;
  const columns = [...new Set(runs.map(columnOf))];
  const rows = [...new Set(runs.map(({ result }) => result.backbone))].flatMap((backbone) =>
    scoresOf(runs).map((name) => {
      const cells = columns.map((column) => {
        const run = runs.find((one) => one.result.backbone === backbone && columnOf(one) === column);
        return aucAp(run?.result.scores?.[name]);
      });
      return [`${backboneNames[backbone] ?? backbone} ${name}`, ...cells];
    }),
  );
  return `AUC/AP in percent.\n\n${markdownTable(['backbone, score', ...columns], rows)}`;
}

/** Table 4: seen pathologies (setting A) and unseen ones (setting B), over which unlabeled images the UDM had. */
export function table4({ runs }: ExperimentOutcome): string {
  const named = runs.filter(({ result }) => result.pathologies !== undefined);
  if (named.length === 0) {
    return 'No run has scores by pathology: the dataset names none (labels.csv beside data.json, see docs/datasets.md), or its test images have no labels.';
  }
  const cells = (seen: RunScores | null, unseen: RunScores | null, name: 'recEnsemble' | 'aInter') => {
    return [aucAp(seen?.[name]), aucAp(unseen?.[name])];
  };
  const rows = named.flatMap(({ axes, result }, place) => {
    const { seen, unseen } = result.pathologies!.byPool;
    const own = ['DDAD aInter', describeAxes(axes) || 'all', ...cells(seen.scores, unseen.scores, 'aInter')];
    const reconstruction = ['reconstruction', '–', ...cells(seen.scores, unseen.scores, 'recEnsemble')];
    return place === 0 ? [reconstruction, own] : [own];
  });
  const { seen, unseen } = named[0]!.result.pathologies!.byPool;
  const kinds = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
  return [
    `AUC/AP in percent, each against all normal test images. A: ${seen.images} images of pathologies that the unlabeled pool holds (${kinds(seen.pathologies)}). B: ${unseen.images} images of unseen ones (${kinds(unseen.pathologies)}).`,
    markdownTable(['method', 'unlabeled images', 'setting A (seen)', 'setting B (unseen)'], rows),
  ].join('\n\n');
}

/** Table 5: the ensemble's size, out of the subsets of each run's members. */
export function table5({ runs }: ExperimentOutcome): string {
  const curves = runs.filter(({ result }) => result.kCurve !== undefined);
  if (curves.length === 0) {
    return 'No run has a curve over k: it takes labelled test images and three members per role.';
  }
  const names: KCurveScore[] = ['recEnsemble', 'aIntra', 'aInter'];
  const sizes = [...new Set(curves.flatMap(({ result }) => result.kCurve!.map(({ k }) => k)))]
    .filter((k) => k >= 2)
    .sort((a, b) => a - b);
  const rows = curves.flatMap(({ axes, result }) =>
    names
      .filter((name) => result.kCurve!.some(({ scores }) => scores[name] !== undefined))
      .map((name) => {
        const cells = sizes.map((k) => {
          const found = result.kCurve!.find((point) => point.k === k)?.scores[name];
          if (found === undefined) return '–';
          const { auc, ap } = found;
          return `${percent(auc.mean)}/${percent(ap.mean)} ± ${percent(auc.std)}/${percent(ap.std)}`;
        });
        const others = describeAxes(withoutAxis(axes, 'backbone'));
        return [`${backboneOf(result)} ${name}${others === '' ? '' : ` (${others})`}`, ...cells];
      }),
  );
  return [
    "AUC/AP in percent: means ± standard deviations over subsets of the run's members (at most 100 of each size).",
    markdownTable(['backbone, score', ...sizes.map((k) => `K = ${k}`)], rows),
  ].join('\n\n');
}

/** Table 6: Deep Ensemble against MC Dropout as the estimate of uncertainty. */
export function table6({ runs }: ExperimentOutcome): string {
  const estimates: Record<string, string> = { ensemble: 'Deep Ensemble', dropout: 'MC Dropout' };
  const rows = (['aIntra', 'aInter'] as const).flatMap((name) =>
    runs.map(({ axes, result }) => {
      const others = describeAxes(withoutAxis(withoutAxis(axes, 'backbone'), 'uncertainty'));
      const estimate = String(axes.uncertainty);
      const found = result.scores?.[name];
      return [
        `${backboneOf(result)} ${name}${others === '' ? '' : ` (${others})`}`,
        estimates[estimate] ?? estimate,
        found === undefined ? '–' : percent(found.auc),
        found === undefined ? '–' : percent(found.ap),
      ];
    }),
  );
  // The estimates of one backbone and score stand together, as in the paper.
  rows.sort(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0));
  return markdownTable(['backbone, score', 'uncertainty estimate', 'AUC %', 'AP %'], rows);
}
