import type { KindDefinition, Method } from '@ddad/contract';
import { instead, wholeBatchesAlone } from '../instead.ts';
import { generatorKind, scoresKind } from './kinds.ts';
import { planGanomaly } from './plan.ts';
import { ganomalyScores } from './scores.ts';
import { batchSizes, type GanomalySettings, ganomalySchema, sides, source } from './settings.ts';

/**
 * GANomaly (Akcay et al., ACCV 2018): an encoder, a decoder and a second encoder learn normal images beside a discriminator; of an
 * abnormal image the code drifts from the first encoder to the second. As in MedIAnomaly (github.com/caiyu6666/MedIAnomaly).
 */
export const ganomaly: Method<GanomalySettings> = {
  name: 'ganomaly',
  title: 'GANomaly',
  schema: ganomalySchema as unknown as Method<GanomalySettings>['schema'],
  kinds: [generatorKind, scoresKind] as unknown as KindDefinition[],
  imageSizes: sides,
  usesUnlabeled: false,
  scores: () => [...ganomalyScores],
  facts: ({ epochs, batchSize }) => ({ epochs, batchSize }),
  describe: ({ epochs, batchSize }) => `${String(epochs)} epochs, ${String(batchSize)} images a step`,
  deviations,
  batchSizes,
  plan: planGanomaly,
};

function deviations({ epochs, batchSize, learningRate }: GanomalySettings, imageSize: number): string[] {
  return [
    ...instead('size', imageSize, source.imageSize),
    wholeBatchesAlone,
    ...instead('epochs', epochs, source.epochs),
    ...instead('images a step', batchSize, source.batchSize),
    ...instead('learning rate', learningRate, source.learningRate),
  ];
}
