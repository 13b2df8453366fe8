import type { KindDefinition, Method } from '@ddad/contract';
import { instead } from '../instead.ts';
import { pretrainedResnet18 } from '../pretrained-resnet18.ts';
import { classifierKind, distancesKind } from './kinds.ts';
import { planCutPaste } from './plan.ts';
import { cutPasteScores } from './scores.ts';
import { batchSizes, type CutPasteSettings, cutPasteSchema, source } from './settings.ts';

/**
 * CutPaste (Li et al., CVPR 2021), its two stages: a network learns to tell normal images from such into which a piece of themselves
 * was pasted; what is far from the normal images' features is abnormal. As in pytorch-cutpaste (github.com/Runinho/pytorch-cutpaste).
 */
export const cutPaste: Method<CutPasteSettings> = {
  name: 'cutpaste',
  title: 'CutPaste, two-stage',
  schema: cutPasteSchema as unknown as Method<CutPasteSettings>['schema'],
  kinds: [classifierKind, distancesKind] as unknown as KindDefinition[],
  usesUnlabeled: false,
  scores: () => [...cutPasteScores],
  facts: ({ steps, batchSize, pretrained }) => ({
    steps,
    batchSize,
    ...(pretrained === null ? {} : { pretrained }),
  }),
  describe: ({ steps, batchSize, pretrained }) =>
    `${String(steps)} steps of ${String(batchSize)} images${pretrained === undefined ? '' : `, weights ${String(pretrained)}`}`,
  deviations,
  pretrained: pretrainedResnet18,
  batchSizes,
  plan: planCutPaste,
};

function deviations(
  { steps, batchSize, learningRate, pretrained }: CutPasteSettings,
  imageSize: number,
): string[] {
  return [
    ...instead('size', imageSize, source.imageSize),
    ...(pretrained === null
      ? [
          'no pretrained weights',
          'grey values in -1 to 1 instead of ImageNet’s normalisation, jitter of brightness and contrast alone',
        ]
      : ['grey images in three equal channels instead of colours, jitter of brightness and contrast alone']),
    ...instead('steps', steps, source.steps),
    ...instead('images a step', batchSize, source.batchSize),
    ...instead('learning rate', learningRate, source.learningRate),
  ];
}
