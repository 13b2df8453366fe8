// Every function exported here is a workflow type.
export { experiment } from './experiment.ts';
export { foreseeRun } from './foresee-run.ts';
export { trainEnsemble } from './train-ensemble.ts';
