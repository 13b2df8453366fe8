export { artifactFiles } from './artifact-files.ts';
export { type ExportedRun, exportRun } from './export-run.ts';
export { mapScales, tensorScale } from './map-scales.ts';
