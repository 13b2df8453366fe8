import type { AsrNet } from '@ddad/models';
import type { NormalisedNetwork } from '../averaging/fresh-statistics.ts';

/** ASR-Net as what statistics can be made of; its input is `maps`. */
export const normalisedRefiner = ({ parameters, batchStatistics }: AsrNet): NormalisedNetwork => ({
  parameters,
  statistics: (weights, { maps }) => batchStatistics(weights, maps!),
});
