import type { KindDefinition, Method } from '@ddad/contract';
import { instead, wholeBatchesAlone } from '../instead.ts';
import { type PlannedMethod, planOneStage } from './plan.ts';
import { oneStageScores } from './scores.ts';
import { batchSizes, type OneStageSettings, oneStageSchema, source } from './settings.ts';

/**
 * A one-stage method: an encoder-decoder learns to find patches that were blended into normal images, and what it finds in an image as it
 * is, is abnormal. As in NSA's code (github.com/hmsch/natural-synthetic-anomalies), in which the DDAD paper ran its FPI, PII, NSA and
 * CutPaste end to end.
 */
export function oneStageMethod(planned: PlannedMethod): Method<OneStageSettings> {
  const { definition, kinds } = planned;
  const starred = ({ unlabeled }: Readonly<Record<string, unknown>>) => Number(unlabeled) > 0;
  return {
    name: definition.name,
    title: definition.title,
    schema: oneStageSchema as unknown as Method<OneStageSettings>['schema'],
    kinds: [kinds.network, kinds.maps] as unknown as KindDefinition[],
    usesUnlabeled: true,
    scores: oneStageScores,
    facts: ({ epochs, batchSize, unlabeled }) => ({
      epochs,
      batchSize,
      ...(unlabeled > 0 ? { unlabeled } : {}),
    }),
    describe: (facts) =>
      [
        ...(starred(facts)
          ? [`${definition.shortTitle}*, patches of ${String(facts.unlabeled)} unlabeled images as well`]
          : []),
        `${String(facts.epochs)} epochs, ${String(facts.batchSize)} images a step`,
      ].join('; '),
    deviations: (settings, imageSize) => [
      ...instead('size', imageSize, source.imageSize),
      ...(imageSize === source.imageSize
        ? []
        : ['windows and margins of the synthetic anomalies in proportion to the size']),
      'whole images instead of their inner seven eighths',
      ...(definition.patches.source === 'other' && !starred(settings)
        ? ['sources of patches in rounds of all images instead of the image read before']
        : []),
      wholeBatchesAlone,
      ...instead('epochs', settings.epochs, source.epochs),
      ...instead('images a step', settings.batchSize, source.batchSize),
      ...instead('learning rate', settings.learningRate, source.learningRate),
      ...(starred(settings) && definition.starred !== undefined ? [definition.starred.deviation] : []),
      ...(definition.deviations ?? []),
    ],
    batchSizes,
    plan: (basis) => planOneStage(planned, basis),
  };
}
