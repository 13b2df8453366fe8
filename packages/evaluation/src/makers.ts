import {
  type EvaluationSpec,
  evaluationKind,
  type PageSpec,
  pageKind,
  type ReducedSpec,
  reducedKind,
} from '@ddad/contract';
import type { Maker, Makers } from '@ddad/methods';

// Each job has a process of its own, which loads what it needs: charts and pictures take seconds.
const makeReduced: Maker<ReducedSpec> = async (task, context) =>
  (await import('./make-reduced.ts')).makeReduced(task, context);

const makeEvaluation: Maker<EvaluationSpec> = async (task, context) =>
  (await import('./make-evaluation.ts')).makeEvaluation(task, context);

const makePage: Maker<PageSpec> = async (task, context) =>
  (await import('./make-page.ts')).makePage(task, context);

/** What makes the artifacts that every run has, whatever its method. Loads no TensorFlow. */
export const makers: Makers = {
  [reducedKind.kind]: makeReduced,
  [evaluationKind.kind]: makeEvaluation,
  [pageKind.kind]: makePage,
};
