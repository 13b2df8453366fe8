export { LossCurve, type LossPoint } from './loss-curve.ts';
export { type JobView, RunTracker, type RunView } from './run-tracker.ts';
