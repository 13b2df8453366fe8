export * from './discrepancy.ts';
export * from './image-scores.ts';
export * from './metrics/auc.ts';
export * from './metrics/average-precision.ts';
export * from './metrics/mean-and-deviation.ts';
export * from './metrics/separation.ts';
export * from './synthetic-anomaly.ts';
