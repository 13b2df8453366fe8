import type { KindDefinition, Method } from '@ddad/contract';
import { instead } from '../instead.ts';
import { encoderKind, ganKind, scoresKind } from './kinds.ts';
import { planFanogan } from './plan.ts';
import { fanoganScores } from './scores.ts';
import { batchSizes, type FanoganSettings, fanoganSchema, sides, source } from './settings.ts';

/**
 * f-AnoGAN (Schlegl et al., Medical Image Analysis 2019): a Wasserstein GAN learns to make normal images, an encoder to invert it; what
 * the generator makes of an abnormal image's code is unlike the image. As in github.com/tSchlegl/f-AnoGAN.
 */
export const fanogan: Method<FanoganSettings> = {
  name: 'fanogan',
  title: 'f-AnoGAN',
  schema: fanoganSchema as unknown as Method<FanoganSettings>['schema'],
  kinds: [ganKind, encoderKind, scoresKind] as unknown as KindDefinition[],
  imageSizes: sides,
  usesUnlabeled: false,
  scores: () => [...fanoganScores],
  facts: ({ width, generatorSteps, encoderSteps, batchSize }) => ({
    width,
    generatorSteps,
    encoderSteps,
    batchSize,
  }),
  describe: ({ width, generatorSteps, encoderSteps }) =>
    `width ${String(width)}, ${String(generatorSteps)} steps of the generator, ${String(encoderSteps)} of the encoder`,
  deviations,
  batchSizes,
  plan: planFanogan,
};

function deviations(own: FanoganSettings): string[] {
  return [
    ...instead('width', own.width, source.width),
    ...instead('images a step', own.batchSize, source.batchSize),
    `GAN of ${own.generatorSteps} steps of the generator, a budget of ours, instead of ${source.ganEpochs} epochs of a far larger dataset`,
    ...instead('steps of the encoder', own.encoderSteps, source.encoderSteps),
    ...instead('learning rate', own.learningRate, source.learningRate),
    ...instead('learning rate of the encoder', own.encoderLearningRate, source.encoderLearningRate),
    'PyTorch’s batch normalisation (ε 1e-5, momentum 0.1) instead of TensorFlow’s',
    'PyTorch’s RMSProp (squares from 0 on, ε beside the root) instead of TensorFlow’s (from 1 on, ε in the root)',
    'images never mirrored instead of half of them',
  ];
}
