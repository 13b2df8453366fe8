import type { AxisValues, RunResult, RunSettings, Separation } from '@ddad/contract';

/** A finished run of an experiment, with all its seeds where those are an axis. */
export interface TabledRun {
  /** Without the seed. */
  axes: AxisValues;
  /** One a seed that finished; one alone where seeds are no axis. At least one. */
  results: readonly [RunResult, ...RunResult[]];
}

/** Mean and standard deviation; null where there is one value alone. */
export interface CellSpread {
  mean: number;
  std: number | null;
}

/** Text; a share in 0..1; AUC and AP; means and standard deviations of these; null where there is nothing to tell. */
export type TableCell =
  | string
  | { share: number | CellSpread }
  | Pick<Separation, 'auc' | 'ap'>
  | { auc: CellSpread; ap: CellSpread }
  | null;

/** A table's content, for whoever lays it out. */
export interface TableContent {
  /** What stands above it; that figures are spreads over seeds is told beside it. */
  caption: string | null;
  headings: string[];
  rows: TableCell[][];
}

/** A table of a paper, made of an experiment's results. */
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
   * @param published the published dataset that the images are, one that there is; absent where they are none
   * @returns missing: what the results would have to hold for there to be a table
   */
  make(runs: readonly TabledRun[], published?: string): TableContent | { missing: string };
}
