import { type KindDefinition, sha256Schema } from '@ddad/contract';
import { z } from 'zod';
import { scoredImages, trainedOnImages } from '../image-kinds.ts';
import { pretrainedField, pretrainedNeeds } from '../pretrained-resnet18.ts';
import { imageFields, seedSchema } from '../spec-fields.ts';
import { trainingFields } from './settings.ts';

/**
 * Versions of what decides an artifact's bytes beside its settings. Raise one whenever numerics change (initialisation, randomness,
 * augmentation, loss, optimiser, layout): keys change with it, and nothing old is reused.
 */
export const recipes = {
  classifier: 1,
  /** Of what pretrained weights change of a classifier's training, beside the classifier's. */
  pretrained: 1,
  distances: 1,
} as const;

/** Everything that decides a trained network. */
const classifierSpecSchema = z.strictObject({
  recipe: z.literal(recipes.classifier),
  seed: seedSchema,
  ...trainingFields,
  ...imageFields(),
  /** Weights that the ResNet18 begins with; absent where it begins with random ones. */
  pretrained: pretrainedField(recipes.pretrained),
});
export type ClassifierSpec = z.infer<typeof classifierSpecSchema>;

/** Everything that decides the scores of a set of images. */
const distancesSpecSchema = z.strictObject({
  recipe: z.literal(recipes.distances),
  /** Key of the trained network. */
  classifier: sha256Schema,
  ...imageFields(),
});
export type DistancesSpec = z.infer<typeof distancesSpecSchema>;

/**
 * Files: `weights`, the ResNet18's under torchvision's names and the head's as `head.0` ... `head.4` and `out`; `features` (`features`:
 * [N,512], of length 1, of the N normal images that it was trained on).
 */
export const classifierKind: KindDefinition<ClassifierSpec> = {
  kind: 'trained-cutpaste',
  ...trainedOnImages,
  schema: classifierSpecSchema,
  needs: pretrainedNeeds,
  listing: {
    fields: ['seed', 'steps'],
    describe: ({ steps, batchSize, pretrained }) =>
      `CutPaste classifier, ${steps} steps of ${batchSize} images${pretrained === undefined ? '' : ', pretrained'}`,
  },
};

/** What of a classifier's specification decides its form: with pretrained weights it takes colours. */
export const classifierFormSchema = z.object({ pretrained: z.object({}).optional() });

/** What a classifier is given of grey images: as they are, or as networks that were trained on ImageNet take them. */
export type ClassifierInput = 'grey' | 'colours';

/** Of a specification, or as much of it as decides that. */
export const classifierInput = ({ pretrained }: { pretrained?: object | undefined }): ClassifierInput =>
  pretrained === undefined ? 'grey' : 'colours';

/** File: `scores` (`mahalanobis`: [T]). */
export const distancesKind: KindDefinition<DistancesSpec> = {
  kind: 'scored-cutpaste',
  ...scoredImages,
  schema: distancesSpecSchema,
  needs: ({ classifier }) => ({
    classifier: { kind: classifierKind.kind, key: classifier, files: ['weights', 'features'] },
  }),
};
