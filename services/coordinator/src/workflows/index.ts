// Every function exported here is a workflow type.
export { trainEnsemble } from './train-ensemble.ts';
