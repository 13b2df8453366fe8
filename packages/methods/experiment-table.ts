import type { AxisValues, RunResult, RunSettings, Separation, Spread } from '@ddad/contract';

/** A finished run of an experiment. */
export interface TabledRun {
  axes: AxisValues;
  result: RunResult;
}

/** Text; a share in 0..1; AUC and AP, or means and standard deviations of both; null where there is nothing to tell. */
export type TableCell = string | { share: number } | Separation | { auc: Spread; ap: Spread } | null;

/** A table's content, for whoever lays it out. */
export interface TableContent {
  /** What stands above it. */
  caption: string | null;
  headings: string[];
  rows: TableCell[][];
}

/** A table of a method's paper, made of an experiment's results. */
export interface ExperimentTable {
  /** What it shows, in a few words. */
  title: string;
  /**
   * What an experiment lacks for the table; told before anything is started.
   * @param axes names of the experiment's axes
   * @param runs settings of its runs of this method
   * @returns what was expected and what came; null where nothing is lacking
   */
  lack?(axes: readonly string[], runs: readonly RunSettings[]): string | null;
  /**
   * @param runs those of this method, at least one
   * @returns missing: what the results would have to hold for there to be a table
   */
  make(runs: readonly TabledRun[]): TableContent | { missing: string };
}
