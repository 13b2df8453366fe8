import { type AxisValues, canonicalJson, describeAxes, type KCurvePoint } from '@ddad/contract';
import type { ExperimentTable, TableCell, TabledRun } from '../experiment-table.ts';
import { separationCell, spreadOverSeeds } from '../over-seeds.ts';
import { curveScores, ddadScores } from './scores.ts';
import { type Backbone, type DdadSettings, leastAutoK } from './settings.ts';

const backboneNames: Record<Backbone, string> = { ae: 'AE', aeu: 'AE-U', memae: 'MemAE' };
const estimateNames = { ensemble: 'Deep Ensemble', dropout: 'MC Dropout' };

function backboneOf({ results: [{ backbone }] }: TabledRun): string {
  const name = String(backbone);
  return (backboneNames as Partial<Record<string, string>>)[name] ?? name;
}

/** Axis values without some axes: what else tells runs apart. */
function others(axes: AxisValues, ...names: string[]): string {
  return describeAxes(Object.fromEntries(Object.entries(axes).filter(([axis]) => !names.includes(axis))));
}

const inBrackets = (text: string) => (text === '' ? '' : ` (${text})`);

/** Scores of every backbone; a column for each combination of whatever else varies, else the dataset. */
const table3: ExperimentTable = {
  title: 'backbones and scores',
  make(runs) {
    const columnOf = ({ axes, results: [{ dataset }] }: TabledRun) => others(axes, 'backbone') || dataset;
    const columns = [...new Set(runs.map(columnOf))];
    const scores = ddadScores({})
      .map(({ name }) => name)
      .filter((name) =>
        runs.some(({ results }) => results.some(({ scores: found }) => found?.[name] !== undefined)),
      );
    const rows = [...new Set(runs.map(backboneOf))].flatMap((backbone) =>
      scores.map((name): TableCell[] => {
        const cells = columns.map((column) => {
          const run = runs.find((one) => backboneOf(one) === backbone && columnOf(one) === column);
          return run === undefined ? null : separationCell(run, (result) => result.scores?.[name]);
        });
        return [`${backbone} ${name}`, ...cells];
      }),
    );
    return { caption: 'AUC/AP in percent.', headings: ['backbone, score', ...columns], rows };
  },
};

/** Fields that change nothing of the NDM, and so nothing of how well it reconstructs. */
const besidesNdm: ReadonlySet<string> = new Set([
  'unlabeled',
  'anomalousRate',
  'refiner',
  'dsu',
  'falsePositiveRate',
  'headline',
]);

/** What of a run's fields, or of its axes, the reconstruction error depends on; nested fields go with what they are part of. */
function ofNdm(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !besidesNdm.has(name.split('.', 1)[0]!)),
  );
}

/** Runs that reconstruct alike, in the order of their first ones: those whose NDM is the same but for the seed. */
function byReconstruction(runs: readonly TabledRun[]): TabledRun[][] {
  const groups = Map.groupBy(runs, ({ axes, results: [{ input = axes }] }) => {
    const { seed: _, ...others } = input;
    return canonicalJson(ofNdm(others));
  });
  return [...groups.values()];
}

/** Seen pathologies (setting A) and unseen ones (setting B), over which unlabeled images the UDM had. */
const table4: ExperimentTable = {
  title: 'seen and unseen pathologies',
  make(runs) {
    const named = runs.filter(({ results }) => results.some(({ pathologies }) => pathologies !== undefined));
    // What the pool holds is the same in all of them.
    const first = named
      .flatMap(({ results }) => results.flatMap(({ pathologies }) => pathologies ?? []))
      .at(0);
    if (first === undefined) {
      return {
        missing:
          'No run has scores by pathology: the dataset names none (labels.csv beside data.json, see docs/datasets.md), or its test images have no labels.',
      };
    }
    const cells = (run: TabledRun, name: string): TableCell[] =>
      (['seen', 'unseen'] as const).map((group) =>
        separationCell(run, ({ pathologies }) => pathologies?.byPool[group].scores?.[name]),
      );
    const rows = byReconstruction(named).flatMap((group, _place, groups): TableCell[][] => {
      const alike = [...new Set(group.map(({ axes }) => describeAxes(ofNdm(axes))))].join('; ');
      return [
        [
          `reconstruction${groups.length === 1 ? '' : inBrackets(alike)}`,
          '–',
          ...cells(group[0]!, 'recEnsemble'),
        ],
        ...group.map((run) => ['DDAD aInter', describeAxes(run.axes) || 'all', ...cells(run, 'aInter')]),
      ];
    });
    const { seen, unseen } = first.byPool;
    const kinds = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
    return {
      caption:
        'AUC/AP in percent, each against all normal test images. ' +
        `A: ${seen.images} images of pathologies that the unlabeled pool holds (${kinds(seen.pathologies)}). ` +
        `B: ${unseen.images} images of unseen ones (${kinds(unseen.pathologies)}).`,
      headings: ['method', 'unlabeled images', 'setting A (seen)', 'setting B (unseen)'],
      rows,
    };
  },
};

/** The ensemble's size, out of the subsets of each run's members. */
const table5: ExperimentTable = {
  title: "ensemble size (from one run's subsets of members)",
  lack(_axes, runs) {
    const sizes = runs.map((settings) => (settings as DdadSettings).k);
    const largest = Math.max(...sizes.map((k) => (k === 'auto' ? leastAutoK : k)));
    if (largest >= 3) return null;
    return `expected runs of k from 3 on, whose subsets are the table's columns, got ${largest}`;
  },
  make(runs) {
    const curves = runs.flatMap((run) => {
      const found = run.results.flatMap(({ kCurve }) => (kCurve === undefined ? [] : [kCurve]));
      return found.length === 0 ? [] : [{ axes: run.axes, backbone: backboneOf(run), curves: found }];
    });
    if (curves.length === 0) {
      return {
        missing: 'No run has a curve over k: it takes labelled test images and three members per role.',
      };
    }
    const points = curves.flatMap(({ curves: own }) => own.flat());
    const sizes = [...new Set(points.map(({ k }) => k))].filter((k) => k >= 2).sort((a, b) => a - b);
    const seeds = runs.some(({ results }) => results.length > 1);
    const rows = curves.flatMap(({ axes, backbone, curves: own }) =>
      curveScores
        .filter((name) => own.flat().some(({ scores }) => scores[name] !== undefined))
        .map((name): TableCell[] => [
          `${backbone} ${name}${inBrackets(others(axes, 'backbone'))}`,
          ...sizes.map((k) => curveCell(own, k, name, seeds)),
        ]),
    );
    return {
      caption: `AUC/AP in percent: means${seeds ? '' : ' ± standard deviations'} over subsets of the run's members (at most 100 of each size).`,
      headings: ['backbone, score', ...sizes.map((k) => `K = ${k}`)],
      rows,
    };
  },
};

/**
 * A score at a size: its spread over subsets.
 * @param overSeeds whether the table's spreads are those of the subsets' means over seeds: of one seed alone there is none then
 */
function curveCell(curves: readonly KCurvePoint[][], k: number, name: string, overSeeds: boolean): TableCell {
  const found = curves.flatMap((curve) => curve.find((point) => point.k === k)?.scores[name] ?? []);
  const [first] = found;
  if (first === undefined) return null;
  if (!overSeeds) return first;
  return {
    auc: spreadOverSeeds(found.map(({ auc }) => auc.mean)),
    ap: spreadOverSeeds(found.map(({ ap }) => ap.mean)),
  };
}

/** Deep Ensemble against MC Dropout as the estimate of uncertainty. */
const table6: ExperimentTable = {
  title: 'Deep Ensemble and MC Dropout',
  lack(axes) {
    if (axes.includes('uncertainty')) return null;
    const came = axes.length === 0 ? 'none' : axes.join(', ');
    return `expected an axis uncertainty, as ["ensemble", "dropout"], got ${came}`;
  },
  make(runs) {
    const rows = (['aIntra', 'aInter'] as const).flatMap((name) =>
      runs.map((run) => {
        const { axes, results } = run;
        const estimate = String(axes.uncertainty);
        const found = results.flatMap(({ scores }) => scores?.[name] ?? []);
        return {
          what: `${backboneOf(run)} ${name}${inBrackets(others(axes, 'backbone', 'uncertainty'))}`,
          estimate: (estimateNames as Partial<Record<string, string>>)[estimate] ?? estimate,
          shares: (['auc', 'ap'] as const).map((metric): TableCell => {
            const values = found.map((one) => one[metric]);
            const [first] = values;
            if (first === undefined) return null;
            return { share: results.length === 1 ? first : spreadOverSeeds(values) };
          }),
        };
      }),
    );
    // The estimates of one backbone and score stand together, as in the paper.
    rows.sort((a, b) => (a.what < b.what ? -1 : a.what > b.what ? 1 : 0));
    return {
      caption: null,
      headings: ['backbone, score', 'uncertainty estimate', 'AUC %', 'AP %'],
      rows: rows.map(({ what, estimate, shares }) => [what, estimate, ...shares]),
    };
  },
};

/** The paper's own tables, by their number in it. */
export const paperTables: Readonly<Record<string, ExperimentTable>> = {
  '3': table3,
  '4': table4,
  '5': table5,
  '6': table6,
};
