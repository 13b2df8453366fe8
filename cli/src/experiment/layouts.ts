import type { ExperimentInput, Fault } from '@ddad/contract';
import { parseExperiment } from '@ddad/contract';
import type { ExperimentOutcome } from './finished-runs.ts';
import { anomalousRateSvg, type HistogramsOf, histogramsSvg } from './paper-figures.ts';
import { table3, table4, table5, table6 } from './paper-tables.ts';

/** The paper's tables and figures that can be asked for, by their number in it. */
export const tableNumbers = ['3', '4', '5', '6'] as const;
export const figureNumbers = ['6', '8'] as const;

/** What was asked for beside results.csv and results.md. */
export interface Layouts {
  tables: readonly (typeof tableNumbers)[number][];
  figures: readonly (typeof figureNumbers)[number][];
}

/** What an experiment lacks for the layouts that are asked for; told before it is started. */
export function layoutFaults(input: ExperimentInput, { tables, figures }: Layouts): Fault[] {
  const parsed = parseExperiment(input);
  if ('faults' in parsed) return parsed.faults;
  const faults: Fault[] = [];
  const axes = Object.keys(parsed.experiment.axes);
  const axis = (option: string, name: string, what: string) => {
    if (!axes.includes(name)) {
      const came = axes.length === 0 ? 'none' : axes.join(', ');
      faults.push({ path: option, message: `expected an axis ${name}, ${what}, got ${came}` });
    }
  };
  if (tables.includes('5')) {
    const largest = Math.max(...parsed.runs.map(({ input: { k } }) => (k === 'auto' ? 3 : k)));
    if (largest < 3) {
      const message = `expected runs of k from 3 on, whose subsets are the table's columns, got ${largest}`;
      faults.push({ path: '--table 5', message });
    }
  }
  if (tables.includes('6')) axis('--table 6', 'uncertainty', 'as ["ensemble", "dropout"]');
  if (figures.includes('6')) axis('--figure 6', 'anomalousRate', 'as [0, 0.2, 0.4, 0.6, 0.8, 1]');
  return faults;
}

/** The files of the layouts: names and texts. */
export async function layoutFiles(
  outcome: ExperimentOutcome,
  { tables, figures }: Layouts,
  histogramsOf: HistogramsOf,
): Promise<[name: string, text: string][]> {
  const makers = { '3': table3, '4': table4, '5': table5, '6': table6 };
  const files = tables.map((number): [string, string] => [
    `table-${number}.md`,
    `# Table ${number}\n\n${makers[number](outcome)}\n`,
  ]);
  if (figures.includes('6')) files.push(['figure-6.svg', await anomalousRateSvg(outcome)]);
  if (figures.includes('8')) files.push(['figure-8.svg', await histogramsSvg(outcome, histogramsOf)]);
  return files;
}
