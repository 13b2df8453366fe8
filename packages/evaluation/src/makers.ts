import { evaluationKind, pageKind } from '@ddad/contract';
import type { Makers } from '@ddad/methods';
import { makeEvaluation } from './make-evaluation.ts';
import { makePage } from './make-page.ts';

/** What makes the artifacts that every run has, whatever its method. Loads no TensorFlow. */
export const makers: Makers = {
  [evaluationKind.kind]: makeEvaluation,
  [pageKind.kind]: makePage,
};
