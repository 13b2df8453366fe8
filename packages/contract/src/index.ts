export * from './calibration.ts';
export * from './dataset.ts';
export * from './progress.ts';
export * from './run-input.ts';
export * from './scores.ts';
export * from './specs.ts';
export * from './workflow.ts';
