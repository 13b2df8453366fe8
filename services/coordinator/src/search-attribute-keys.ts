import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const searchAttributeKeys = {
  dataset: defineSearchAttributeKey('DdadDataset', SearchAttributeType.KEYWORD),
  method: defineSearchAttributeKey('DdadMethod', SearchAttributeType.KEYWORD),
  backbone: defineSearchAttributeKey('DdadBackbone', SearchAttributeType.KEYWORD),
  k: defineSearchAttributeKey('DdadK', SearchAttributeType.INT),
};
