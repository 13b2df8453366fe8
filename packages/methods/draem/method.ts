import type { KindDefinition, Method } from '@ddad/contract';
import { instead, wholeBatchesAlone } from '../instead.ts';
import { networksKind, probabilitiesKind } from './kinds.ts';
import { planDraem } from './plan.ts';
import { draemScores } from './scores.ts';
import { batchSizes, type DraemSettings, draemSchema, source } from './settings.ts';

/**
 * DRAEM (Zavrtanik et al., ICCV 2021): one network takes textures out of images into which they were put, another one learns to see where
 * image and reconstruction differ by an anomaly. As in github.com/VitjanZ/DRAEM.
 */
export const draem: Method<DraemSettings> = {
  name: 'draem',
  title: 'DRAEM',
  schema: draemSchema as unknown as Method<DraemSettings>['schema'],
  kinds: [networksKind, probabilitiesKind] as unknown as KindDefinition[],
  usesUnlabeled: false,
  scores: () => [...draemScores],
  facts: ({ epochs, width }) => ({ epochs, width }),
  describe: ({ epochs, width }) => `width ${String(width)}, ${String(epochs)} epochs`,
  deviations,
  batchSizes,
  plan: planDraem,
};

function deviations({ epochs, batchSize, learningRate, width }: DraemSettings, imageSize: number): string[] {
  return [
    ...instead('size', imageSize, source.imageSize),
    'made-up textures instead of photographs of textures',
    'grey images as three equal channels',
    'every image once an epoch instead of drawn with replacement',
    wholeBatchesAlone,
    ...instead('width', width, source.width),
    ...instead('epochs', epochs, source.epochs),
    ...instead('images a step', batchSize, source.batchSize),
    ...instead('learning rate', learningRate, source.learningRate),
    ...(imageSize === source.imageSize ? [] : ['window of the image score in proportion']),
  ];
}
