import { type ArtifactName, exportable, NotExportable, type OnnxExport, type TestMaps } from '@ddad/onnx';
import { z } from 'zod';
import { generatorKind, scoresKind } from '../kinds.ts';
import { pipelineModel } from './pipeline-model.ts';

/** What an export has to know of a generator: a part of its specification. */
const exportedSchema = z.object({ imageSize: z.int() });

/** Runs as their whole scorer. */
export const onnx: OnnxExport = {
  version: 1,
  kinds: [],

  async artifact({ kind }) {
    throw new NotExportable(`${kind}: expected a run ("ddad export --run"), which has its generator in it`);
  },

  async pipeline({ artifacts }, reader) {
    const key = artifacts.generator ?? null;
    if (key === null) throw new NotExportable('expected a generator among the artifacts, got none');
    const generator: ArtifactName = { kind: generatorKind.kind, key };
    const { spec, files } = await reader.manifest(generator);
    const { imageSize } = exportable(exportedSchema, spec, `generator ${key}`);
    const scores = artifacts.scores ?? null;
    const testMaps: TestMaps[] =
      scores === null ? [] : [{ kind: scoresKind.kind, key: scores, score: 'residual', tensor: 'residual' }];
    return {
      imageSize,
      facts: { generator: key },
      testMaps,
      weightBytes: files.weights?.bytes ?? 0,
      parts: 'two encoders and a decoder',
      build: async (facts, sink) => pipelineModel(facts, await reader.tensors(generator, 'weights'), sink),
    };
  },
};
