import type { ResolvedRunInput } from '@ddad/contract';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributeKeys } from '../search-attribute-keys.ts';

/** Makes a run findable by dataset, backbone and K. Only where the server knows the attributes. */
export function describeRun(input: ResolvedRunInput): void {
  const { dataset, backbone, k } = searchAttributeKeys;
  upsertSearchAttributes([
    { key: dataset, value: input.dataset },
    { key: backbone, value: input.backbone },
    { key: k, value: input.k },
  ]);
}
