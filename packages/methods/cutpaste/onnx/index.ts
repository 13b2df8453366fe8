import { exportable, NotExportable, type OnnxExport } from '@ddad/onnx';
import { z } from 'zod';
import { classifierInput, classifierKind } from '../kinds.ts';
import { distanceModel, featuresModel } from './classifier-model.ts';
import { whiteningOf } from './whitening.ts';

/** What an export has to know of a classifier: a part of its specification. */
const exportedSchema = z.object({ imageSize: z.int(), pretrained: z.object({}).optional() });

/** Classifiers as what gives features, and runs with the distances that they score by. */
export const onnx: OnnxExport = {
  version: 1,
  kinds: [classifierKind.kind],

  async artifact({ kind, key, spec }, reader) {
    const { imageSize, ...others } = exportable(exportedSchema, spec, `classifier ${key}`);
    const weights = await reader.tensors({ kind, key }, 'weights');
    const input = classifierInput(others);
    return featuresModel({ format: 1, kind: 'classifier', key, imageSize, input }, weights);
  },

  async pipeline({ artifacts }, reader) {
    const key = artifacts.classifier ?? null;
    if (key === null) throw new NotExportable('expected a classifier among the artifacts, got none');
    const classifier = { kind: classifierKind.kind, key };
    const { spec, files } = await reader.manifest(classifier);
    const { imageSize, ...others } = exportable(exportedSchema, spec, `classifier ${key}`);
    const input = classifierInput(others);
    return {
      imageSize,
      facts: { classifier: key, input },
      testMaps: [],
      weightBytes: files.weights?.bytes ?? 0,
      parts: `a ResNet18${input === 'grey' ? '' : ' that began with pretrained weights'}, a Gaussian over its features`,
      async build(facts, sink) {
        const normal = (await reader.tensors(classifier, 'features')).get('features');
        if (normal === undefined)
          throw new NotExportable(`classifier ${key}: expected a tensor features, got none`);
        const weights = await reader.tensors(classifier, 'weights');
        return distanceModel({ ...facts, input }, weights, whiteningOf(normal.data), sink);
      },
    };
  },
};
