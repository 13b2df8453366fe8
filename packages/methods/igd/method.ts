import type { KindDefinition, Method } from '@ddad/contract';
import { instead, wholeBatchesAlone } from '../instead.ts';
import { pretrainedResnet18 } from '../pretrained-resnet18.ts';
import { networksKind, residualsKind } from './kinds.ts';
import { planIgd } from './plan.ts';
import { igdScores } from './scores.ts';
import { batchSizes, type IgdSettings, igdSchema, source } from './settings.ts';
import { scalesOf } from './shape.ts';

/**
 * IGD (Chen et al., AAAI 2022): reconstruction, distance of the latent code from the centre of normal ones, and a critic of interpolated
 * images. As in the whole-image form of github.com/tianyu0207/IGD.
 */
export const igd: Method<IgdSettings> = {
  name: 'igd',
  title: 'Interpolated Gaussian descriptor',
  schema: igdSchema as unknown as Method<IgdSettings>['schema'],
  kinds: [networksKind, residualsKind] as unknown as KindDefinition[],
  usesUnlabeled: false,
  scores: () => [...igdScores],
  facts: ({ epochs, width, pretrained }) => ({
    epochs,
    width,
    ...(pretrained === null ? {} : { pretrained }),
  }),
  describe: ({ epochs, width, pretrained }) =>
    `width ${String(width)}, ${String(epochs)} epochs${pretrained === undefined ? '' : `, weights ${String(pretrained)}`}`,
  deviations,
  pretrained: pretrainedResnet18,
  batchSizes,
  plan: planIgd,
};

function deviations(
  { epochs, batchSize, learningRate, width, pretrained }: IgdSettings,
  imageSize: number,
): string[] {
  const { scales, window } = scalesOf(imageSize);
  return [
    ...instead('size', imageSize, source.imageSize),
    ...(imageSize === source.imageSize ? [] : ['decoder and critic with fewer doublings']),
    ...(pretrained === null
      ? ['no pretrained weights: encoder trained with the rest, c and σ by the batch’s statistics']
      : []),
    'grey images as three equal channels',
    'critic given codes of behind the generator’s step',
    wholeBatchesAlone,
    ...(scales === 'five' ? [] : [`similarity of four scales under a window of ${window}`]),
    ...instead('width', width, source.width),
    ...instead('epochs', epochs, source.epochs),
    ...instead('images a step', batchSize, source.batchSize),
    ...instead('learning rate', learningRate, source.learningRate),
    'critic that tells each mixture’s own share, with norms of a scale a channel',
  ];
}
