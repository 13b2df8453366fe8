import { finishedStage, mainScore, type RunResult, type RunSettings } from '@ddad/contract';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributeKeys } from '../search-attribute-keys.ts';

/** Makes a run findable by dataset, method, and where its method has them backbone and K. Only where the server knows the attributes. */
export function describeRun(
  { dataset, method }: RunSettings,
  facts: Readonly<Record<string, unknown>>,
): void {
  const { backbone, k } = facts;
  upsertSearchAttributes([
    { key: searchAttributeKeys.dataset, value: dataset },
    { key: searchAttributeKeys.method, value: method },
    ...(typeof backbone === 'string' ? [{ key: searchAttributeKeys.backbone, value: backbone }] : []),
    ...(typeof k === 'number' ? [{ key: searchAttributeKeys.k, value: k }] : []),
  ]);
}

/** Makes a run findable by how far it is. */
export function describeStage(stage: string): void {
  upsertSearchAttributes([{ key: searchAttributeKeys.status, value: stage }]);
}

/** Makes a finished run findable by the AUC of its main score, where it has one. */
export function describeOutcome(result: Pick<RunResult, 'definitions' | 'scores'>): void {
  const auc = mainAuc(result);
  upsertSearchAttributes([
    { key: searchAttributeKeys.status, value: finishedStage },
    ...(auc === null ? [] : [{ key: searchAttributeKeys.auc, value: auc }]),
  ]);
}

/** Of the main score: the input's headline, or else the method's; null where no score was judged. */
export function mainAuc({
  definitions = [],
  scores,
}: Pick<RunResult, 'definitions' | 'scores'>): number | null {
  const main = mainScore(definitions, scores ?? {});
  return (main === null ? null : scores?.[main]?.auc) ?? null;
}
