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
export function describeOutcome({
  definitions = [],
  scores,
}: Pick<RunResult, 'definitions' | 'scores'>): void {
  const main = mainScore(definitions, scores ?? {});
  const auc = main === null ? undefined : scores?.[main]?.auc;
  upsertSearchAttributes([
    { key: searchAttributeKeys.status, value: finishedStage },
    ...(typeof auc === 'number' ? [{ key: searchAttributeKeys.auc, value: auc }] : []),
  ]);
}
