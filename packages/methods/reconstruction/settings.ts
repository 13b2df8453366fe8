import { commonFields, countSchema, type RunSettings } from '@ddad/contract';
import { z } from 'zod';
import { batchSizeOf } from '../batch-size.ts';
import { type Backbone, type DdadSettings, largestK, memberFields } from '../ddad/settings.ts';

export const reconstructionSchema = z.strictObject({
  ...commonFields,
  ...memberFields,
  /** Networks, whose reconstructions are averaged. */
  k: countSchema(largestK).default(1),
});

/** With all defaults filled in. */
export type ReconstructionSettings = RunSettings & z.output<typeof reconstructionSchema>;

/** The settings of DDAD whose NDM is the same, without anything that DDAD adds to it. */
export const asDdad = (backbone: Backbone, settings: ReconstructionSettings): DdadSettings => ({
  ...settings,
  backbone,
  uncertainty: 'ensemble',
  dsu: false,
  refiner: false,
});

/** The batch size, where it could be read. */
export const batchSizes = batchSizeOf(memberFields.batchSize);
