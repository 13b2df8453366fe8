import type { Graph, PlanBasis } from '@ddad/contract';
import { normalImages, scoreAlone, scoredNodes, scoreWithMap, trainedNode } from '../image-nodes.ts';
import { stretchesOf } from '../stretches.ts';
import { encoderKind, ganKind, recipes, scoresKind } from './kinds.ts';
import { criticTurns, type FanoganSettings } from './settings.ts';

/** The GAN of the normal images, its encoder; scores of the test images, and where normal images are held out of the reference images. */
export function planFanogan(basis: PlanBasis<FanoganSettings>): Graph {
  const { settings, imageSize } = basis;
  const { width, batchSize, generatorSteps, encoderSteps } = settings;
  const { digest } = normalImages(basis);
  const common = { width, batchSize };
  const images = { imagesDigest: digest, imageSize };
  const ganStretches = stretchesOf(generatorSteps);
  const gan = trainedNode(basis, {
    kind: ganKind,
    id: 'gan',
    seedName: 'fanogan',
    stage: 'gan',
    spec: (seed) => ({
      recipe: recipes.gan,
      seed,
      ...common,
      steps: generatorSteps,
      learningRate: settings.learningRate,
      ...images,
    }),
    epochs: ganStretches.count,
    imagesPerEpoch: ganStretches.steps * criticTurns * batchSize,
  });
  const encoderStretches = stretchesOf(encoderSteps);
  const encoder = trainedNode(basis, {
    kind: encoderKind,
    id: 'encoder',
    seedName: 'fanogan-encoder',
    stage: 'encoder',
    spec: (seed) => ({
      recipe: recipes.encoder,
      seed,
      gan: gan.key,
      ...common,
      steps: encoderSteps,
      learningRate: settings.encoderLearningRate,
      ...images,
    }),
    epochs: encoderStretches.count,
    imagesPerEpoch: encoderStretches.steps * batchSize,
  });
  const scores = scoredNodes(basis, {
    kind: scoresKind,
    id: 'scores',
    spec: (imagesDigest) => ({
      recipe: recipes.scores,
      gan: gan.key,
      encoder: encoder.key,
      width,
      imagesDigest,
      imageSize,
    }),
    scores: [scoreAlone('izif'), scoreWithMap('residual')],
  });
  return {
    stages: [
      { name: 'gan', title: 'training of the GAN' },
      { name: 'encoder', title: 'training of the encoder' },
      { name: 'score', title: 'scoring' },
    ],
    nodes: [gan, encoder, ...scores],
    groups: {},
    artifacts: ['gan', 'encoder', 'scores'],
  };
}
