export { copiesInTraining } from './copies-in-training.ts';
export { type Evaluation, type EvaluationInput, evaluate } from './evaluate.ts';
export { type HeldOutFindings, heldOutFindings } from './held-out-findings.ts';
export type { ImageScore, ImageScores } from './image-scores.ts';
export { type CurveTensors, kCurvePoints } from './k-curve-points.ts';
export { pathologyResult } from './pathology-result.ts';
export { scoresCsv } from './scores-csv.ts';
export { separations } from './separations.ts';
export { type TrainingChoice, trainingPositions } from './training-positions.ts';
