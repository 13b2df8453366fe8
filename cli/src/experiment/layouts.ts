import type { AxisValues, Fault, ResolvedExperimentInput, RunSettings } from '@ddad/contract';
import {
  bySeeds,
  comparisonTables,
  type ExperimentTable,
  type MethodRegistry,
  type TabledRun,
} from '@ddad/methods';
import type { ExperimentOutcome } from './finished-runs.ts';
import { overSeedsText } from './over-seeds-text.ts';
import { anomalousRateSvg, type HistogramsOf, histogramsSvg } from './paper-figures.ts';
import { tableText } from './table-text.ts';

/** Figures that can be asked for, by their number in the paper. */
export const figureNumbers = ['6', '8'] as const;

/** What was asked for beside results.csv and results.md. */
export interface Layouts {
  /** By their number in the paper of the method that offers them. */
  tables: readonly string[];
  figures: readonly (typeof figureNumbers)[number][];
  /** The published dataset that the images are, as the experiment says; absent where they are none. */
  published?: string | undefined;
}

/** Tables over all methods, and those that any method offers, by number. */
export function offeredTables(methods: MethodRegistry): [number: string, table: ExperimentTable][] {
  const found = new Map<string, ExperimentTable>(Object.entries(comparisonTables(methods)));
  for (const { tables = {} } of methods.entries) {
    for (const [number, table] of Object.entries(tables)) if (!found.has(number)) found.set(number, table);
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * Who offers a table, of the methods that an experiment's runs have; null where none of them does.
 * @returns method: whose runs the table is made of; null for those of all methods
 */
function offeredBy(
  methods: MethodRegistry,
  number: string,
  has: (method: string) => boolean,
): { method: string | null; table: ExperimentTable } | null {
  const ofAll = comparisonTables(methods)[number];
  if (ofAll !== undefined) return { method: null, table: ofAll };
  for (const { method, tables } of methods.entries) {
    const table = tables?.[number];
    if (table !== undefined && has(method.name)) return { method: method.name, table };
  }
  return null;
}

/**
 * What an experiment lacks for the layouts that are asked for; told before it is started.
 * @param parsed the experiment and its runs, which have no fault by themselves
 */
export function layoutFaults(
  methods: MethodRegistry,
  {
    experiment,
    runs,
  }: { experiment: ResolvedExperimentInput; runs: { axes: AxisValues; input: RunSettings }[] },
  { tables, figures }: Layouts,
): Fault[] {
  const faults: Fault[] = [];
  const axes = Object.keys(experiment.axes);
  const present = new Set(runs.map(({ input }) => input.method));
  for (const number of tables) {
    const path = `--table ${number}`;
    const offer = offeredBy(methods, number, (method) => present.has(method));
    if (offer === null) {
      const owners = methods.entries.flatMap((entry) => (entry.tables?.[number] ? entry.method.name : []));
      const message = `expected runs of ${owners.join(' or ')}, whose paper has it, got runs of ${[...present].join(', ')}`;
      faults.push({ path, message });
      continue;
    }
    const { method } = offer;
    const own = runs.flatMap(({ input }) => (method === null || input.method === method ? [input] : []));
    const message = offer.table.lack?.(axes, own) ?? null;
    if (message !== null) faults.push({ path, message });
  }
  if (figures.includes('6') && !axes.includes('anomalousRate')) {
    const came = axes.length === 0 ? 'none' : axes.join(', ');
    const message = `expected an axis anomalousRate, as [0, 0.2, 0.4, 0.6, 0.8, 1], got ${came}`;
    faults.push({ path: '--figure 6', message });
  }
  return faults;
}

/** Runs as tables show them: all seeds of one together. */
function tabledRuns(runs: ExperimentOutcome['runs']): TabledRun[] {
  return bySeeds(runs).flatMap(({ axes, runs: seeds }): TabledRun[] => {
    const [first, ...others] = seeds.map(({ result }) => result);
    return first === undefined ? [] : [{ axes, results: [first, ...others] }];
  });
}

/** A file of a layout. */
export interface LayoutFile {
  name: string;
  /** @throws CommandFailure where the runs do not give it */
  text(): string | Promise<string>;
}

/** The files of the layouts, each made by itself: one that the runs do not give takes no other with it. */
export function layoutsOf(
  methods: MethodRegistry,
  outcome: ExperimentOutcome,
  { tables, figures, published }: Layouts,
  histogramsOf: HistogramsOf,
): LayoutFile[] {
  const figureTexts = {
    '6': () => anomalousRateSvg(outcome),
    '8': () => histogramsSvg(outcome, histogramsOf),
  };
  return [
    ...tables.map((number) => ({
      name: `table-${number}.md`,
      text: () => tableFile(methods, outcome, number, published),
    })),
    ...figureNumbers
      .filter((number) => figures.includes(number))
      .map((number) => ({ name: `figure-${number}.svg`, text: figureTexts[number] })),
  ];
}

function tableFile(
  methods: MethodRegistry,
  { runs }: ExperimentOutcome,
  number: string,
  published: string | undefined,
): string {
  const present = new Set(runs.map(({ result }) => result.method));
  const offer = offeredBy(methods, number, (method) => present.has(method));
  const own = runs.filter(
    ({ result }) => offer !== null && (offer.method === null || result.method === offer.method),
  );
  const content =
    offer === null || own.length === 0
      ? { missing: 'No run of the method whose table it is has finished.' }
      : offer.table.make(tabledRuns(own), published);
  return `# Table ${number}\n\n${tableText(content, overSeedsText(own))}\n`;
}
