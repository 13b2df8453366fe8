import { type Need, type PretrainedWeights, type RunResult, sha256Schema, weightsNeed } from '@ddad/contract';
import { z } from 'zod';
import { resnet18Layout } from './resnet18-layout.ts';

/**
 * A specification's field for the weights that a ResNet18 begins with; absent where it begins with random ones.
 * @param recipe version of what they change of the training, beside the kind's own
 */
export const pretrainedField = <Recipe extends number>(recipe: Recipe) =>
  z.strictObject({ recipe: z.literal(recipe), weights: sha256Schema }).optional();

/** The same field of a specification that is planned. @param weights as `PlanBasis.pretrained` has them */
export const pretrainedSpec = <Recipe extends number>(recipe: Recipe, weights: string | undefined) =>
  weights === undefined ? {} : { pretrained: { recipe, weights } };

/** What the maker of such a specification needs: the weights, as `pretrained`. */
export const pretrainedNeeds = ({
  pretrained,
}: {
  pretrained?: { weights: string } | undefined;
}): Record<string, Need> => (pretrained === undefined ? {} : { pretrained: weightsNeed(pretrained.weights) });

/** The weights that fields of an input ask for, of torchvision's layout; null for none. */
export const pretrainedResnet18 = ({
  pretrained,
}: Readonly<Record<string, unknown>>): PretrainedWeights | null =>
  typeof pretrained === 'string' ? { path: 'pretrained', name: pretrained, layout: resnet18Layout } : null;

/**
 * The weights that a run was given, where it is set beside systems that have their own: whoever added them knows what they are.
 * `weights NAME`, with the first digits of their key where the result tells it; nothing of a run without.
 */
export const givenWeights = ({ pretrained, pretrainedKey }: RunResult): string[] =>
  typeof pretrained === 'string'
    ? [
        `weights ${[pretrained, ...(pretrainedKey === undefined ? [] : [pretrainedKey.slice(0, 12)])].join(' ')}`,
      ]
    : [];
