import { type AxisValues, describeAxes, type RunResult, type RunScores } from '@ddad/contract';
import type { ExperimentTable, TableCell, TabledRun } from '../experiment-table.ts';
import { curveScores, ddadScores } from './scores.ts';
import { type Backbone, type DdadSettings, leastAutoK } from './settings.ts';

const backboneNames: Record<Backbone, string> = { ae: 'AE', aeu: 'AE-U', memae: 'MemAE' };
const estimateNames = { ensemble: 'Deep Ensemble', dropout: 'MC Dropout' };

function backboneOf({ backbone }: RunResult): string {
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
    const columnOf = ({ axes, result }: TabledRun) => others(axes, 'backbone') || result.dataset;
    const columns = [...new Set(runs.map(columnOf))];
    const scores = ddadScores({})
      .map(({ name }) => name)
      .filter((name) => runs.some(({ result }) => result.scores?.[name] !== undefined));
    const rows = [...new Set(runs.map(({ result }) => backboneOf(result)))].flatMap((backbone) =>
      scores.map((name): TableCell[] => {
        const cells = columns.map((column) => {
          const run = runs.find((one) => backboneOf(one.result) === backbone && columnOf(one) === column);
          return run?.result.scores?.[name] ?? null;
        });
        return [`${backbone} ${name}`, ...cells];
      }),
    );
    return { caption: 'AUC/AP in percent.', headings: ['backbone, score', ...columns], rows };
  },
};

/** Seen pathologies (setting A) and unseen ones (setting B), over which unlabeled images the UDM had. */
const table4: ExperimentTable = {
  title: 'seen and unseen pathologies',
  make(runs) {
    const named = runs.flatMap(({ axes, result: { pathologies } }) =>
      pathologies === undefined ? [] : [{ axes, byPool: pathologies.byPool }],
    );
    const [first] = named;
    if (first === undefined) {
      return {
        missing:
          'No run has scores by pathology: the dataset names none (labels.csv beside data.json, see docs/datasets.md), or its test images have no labels.',
      };
    }
    const cells = (seen: RunScores | null, unseen: RunScores | null, name: string): TableCell[] => [
      seen?.[name] ?? null,
      unseen?.[name] ?? null,
    ];
    const rows = named.flatMap(({ axes, byPool: { seen, unseen } }, place): TableCell[][] => {
      const all = describeAxes(axes) || 'all';
      const own = ['DDAD aInter', all, ...cells(seen.scores, unseen.scores, 'aInter')];
      const rec = ['reconstruction', '–', ...cells(seen.scores, unseen.scores, 'recEnsemble')];
      return place === 0 ? [rec, own] : [own];
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
    const curves = runs.flatMap(({ axes, result }) => {
      const { kCurve } = result;
      return kCurve === undefined ? [] : [{ axes, backbone: backboneOf(result), kCurve }];
    });
    if (curves.length === 0) {
      return {
        missing: 'No run has a curve over k: it takes labelled test images and three members per role.',
      };
    }
    const sizes = [...new Set(curves.flatMap(({ kCurve }) => kCurve.map(({ k }) => k)))]
      .filter((k) => k >= 2)
      .sort((a, b) => a - b);
    const rows = curves.flatMap(({ axes, backbone, kCurve }) =>
      curveScores
        .filter((name) => kCurve.some(({ scores }) => scores[name] !== undefined))
        .map((name): TableCell[] => [
          `${backbone} ${name}${inBrackets(others(axes, 'backbone'))}`,
          ...sizes.map((k) => kCurve.find((point) => point.k === k)?.scores[name] ?? null),
        ]),
    );
    return {
      caption:
        "AUC/AP in percent: means ± standard deviations over subsets of the run's members (at most 100 of each size).",
      headings: ['backbone, score', ...sizes.map((k) => `K = ${k}`)],
      rows,
    };
  },
};

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
      runs.map(({ axes, result }) => {
        const estimate = String(axes.uncertainty);
        const { auc, ap } = result.scores?.[name] ?? {};
        return {
          what: `${backboneOf(result)} ${name}${inBrackets(others(axes, 'backbone', 'uncertainty'))}`,
          estimate: (estimateNames as Partial<Record<string, string>>)[estimate] ?? estimate,
          shares: [auc, ap].map((share): TableCell => (share === undefined ? null : { share })),
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
