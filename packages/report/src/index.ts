export { buildReport } from './build-report.ts';
export { buildComparison, isClear, points } from './comparison/build-comparison.ts';
export { type ComparedPictures, type RunMaps, shownImages } from './comparison/changed-pictures.ts';
export {
  type Comparison,
  compareRuns,
  type ScoredImage,
  type ScoredRun,
  type SideChange,
  sidesChanged,
} from './comparison/compare-runs.ts';
export { buildDatasetPage, type DatasetFacts, leakedTestImages, size } from './dataset/build-dataset-page.ts';
export { anomalousRateFigure, type RatedRun } from './paper-figures/anomalous-rate-figure.ts';
export { type HistogramRun, histogramFigure } from './paper-figures/histogram-figure.ts';
export type { HeatMaps, ReportArtifact, ReportData, TestImages } from './report-data.ts';
