import { describeAxes, mainScore, type RunResult } from '@ddad/contract';
import type { ExperimentTable, TableCell, TabledRun } from '../experiment-table.ts';
import { spreadOverSeeds } from '../over-seeds.ts';
import type { MethodEntry } from '../registry.ts';
import { type PublishedSystem, published } from './published-systems.ts';

/** Who knows the methods: a registry. */
interface Methods {
  entry(name: string): Pick<MethodEntry, 'method' | 'comparedAs'> | null;
}

/** A run in the place where the table has it. */
interface Filled {
  run: TabledRun;
  score: string;
  unlike?: readonly string[];
}

/** Tables over the runs of all methods, by their number in the DDAD paper. */
export const comparisonTables = (methods: Methods): Readonly<Record<string, ExperimentTable>> => ({
  '2': {
    title: 'all systems (with "published", the paper\'s figures beside)',
    make: (runs, dataset) => comparison(methods, runs, dataset),
  },
});

/** The paper's rows in its order and groups, as far as there are runs; systems that it does not have below them. */
function comparison(
  methods: Methods,
  runs: readonly TabledRun[],
  dataset: string | undefined,
): ReturnType<ExperimentTable['make']> {
  const filled = new Map<string, Filled[]>();
  const others: Filled[] = [];
  for (const run of runs) {
    const [result] = run.results;
    const rows = methods.entry(result.method)?.comparedAs?.(result) ?? [];
    const known = rows.filter(({ score }) => result.scores?.[score] !== undefined);
    for (const { row, score, unlike = [] } of known) {
      if (!published.rows.some(({ id }) => id === row))
        throw new RangeError(`method ${result.method}: expected a row of the table, got ${row}`);
      filled.set(row, [...(filled.get(row) ?? []), { run, score, unlike }]);
    }
    const main = mainScore(result.definitions ?? [], result.scores ?? {});
    if (known.length === 0 && main !== null) others.push({ run, score: main });
  }
  if (filled.size + others.length === 0)
    return { missing: 'No run has AUC and AP: the test images have no labels, or there are none.' };
  const rows = published.rows.flatMap((row) =>
    (filled.get(row.id) ?? []).map((one, _place, all) => lineOf(row, one, all.length > 1, dataset)),
  );
  const without = published.rows.filter(({ id }) => !filled.has(id)).map(({ name }) => name);
  const beside = dataset === undefined ? null : `Published: ${published.datasets[dataset] ?? dataset}.`;
  return {
    caption: [
      judgedBy(filled.size > 0, others.length > 0),
      ...(beside === null ? [] : [`${beside} ${published.source}`]),
      ...(without.length === 0 ? [] : [`Without a run here: ${without.join(', ')}.`]),
    ].join(' '),
    headings: [
      'unlabeled data',
      'method',
      'taxonomy',
      'AUC',
      'AP',
      ...(dataset === undefined ? [] : ['published AUC', 'published AP']),
      'differs from its source',
    ],
    rows: [...rows, ...otherLines(methods, others, dataset)],
  };
}

/** Whose score the figures are of. @param known whether there are rows of the paper's @param others whether there are rows below them */
function judgedBy(known: boolean, others: boolean): string {
  if (!known) return 'AUC and AP in percent, of the main score of each run, which is named.';
  const below = others ? '; in the rows below the paper’s, of the run’s own main score, which is named' : '';
  return `AUC and AP in percent, of the score that the source judges the system by${below}.`;
}

/** @param several whether more than one run fills the row, so that each has to say which it is */
function lineOf(
  row: PublishedSystem,
  { run, score, unlike }: Filled,
  several: boolean,
  dataset: string | undefined,
): TableCell[] {
  const [auc, ap] = (dataset === undefined ? undefined : row.figures[dataset]) ?? [];
  const axes = several ? ` (${describeAxes(run.axes)})` : '';
  const theirs = (value: number | undefined): TableCell => (value === undefined ? null : value.toFixed(1));
  return [
    row.unlabeled ? 'yes' : 'no',
    `${row.name}${axes}`,
    row.taxonomy,
    ...figuresOf(run, score),
    ...(dataset === undefined ? [] : [theirs(auc), theirs(ap)]),
    differences(run.results, unlike),
  ];
}

/** Runs that fill none of the paper's rows: of systems that it does not have, or without the scores that it judges by. */
function otherLines(methods: Methods, runs: readonly Filled[], dataset: string | undefined): TableCell[][] {
  const named = runs.map((one) => {
    const [{ method }] = one.run.results;
    return { ...one, name: `${methods.entry(method)?.method.title ?? method}, ${one.score}` };
  });
  return named.map(({ run, score, name }) => {
    const several = named.filter((other) => other.name === name).length > 1;
    return [
      null,
      several ? `${name} (${describeAxes(run.axes)})` : name,
      null,
      ...figuresOf(run, score),
      ...(dataset === undefined ? [] : [null, null]),
      differences(run.results),
    ];
  });
}

/** AUC and AP; of several seeds their means and standard deviations. */
function figuresOf({ results }: TabledRun, score: string): TableCell[] {
  const found = results.flatMap(({ scores }) => scores?.[score] ?? []);
  return (['auc', 'ap'] as const).map((metric): TableCell => {
    const [first, ...more] = found.map((one) => one[metric]);
    if (first === undefined) return null;
    return { share: more.length === 0 ? first : spreadOverSeeds([first, ...more]) };
  });
}

function differences(
  [{ deviations = [] }]: readonly [RunResult, ...RunResult[]],
  unlike: readonly string[] = [],
): TableCell {
  const all = [...deviations, ...unlike];
  return all.length === 0 ? null : all.join('; ');
}
