import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const searchAttributeKeys = {
  dataset: defineSearchAttributeKey('DdadDataset', SearchAttributeType.KEYWORD),
  method: defineSearchAttributeKey('DdadMethod', SearchAttributeType.KEYWORD),
  backbone: defineSearchAttributeKey('DdadBackbone', SearchAttributeType.KEYWORD),
  /** Title of the stage that it is in, or was last; `paused` and `finished` too. */
  status: defineSearchAttributeKey('DdadStatus', SearchAttributeType.KEYWORD),
  /** Of its main score, from 0 to 1; of finished runs with labelled test images. */
  auc: defineSearchAttributeKey('DdadAuc', SearchAttributeType.DOUBLE),
  k: defineSearchAttributeKey('DdadK', SearchAttributeType.INT),
};
