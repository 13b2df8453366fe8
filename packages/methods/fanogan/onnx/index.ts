import { type ArtifactName, exportable, NotExportable, type OnnxExport, type TestMaps } from '@ddad/onnx';
import { z } from 'zod';
import { encoderKind, ganKind, scoresKind } from '../kinds.ts';
import { pipelineModel } from './pipeline-model.ts';

/** What an export has to know of a GAN: a part of its specification. */
const exportedSchema = z.object({ imageSize: z.int(), width: z.int() });

/** Runs as their whole scorer. */
export const onnx: OnnxExport = {
  version: 1,
  kinds: [],

  async artifact({ kind }) {
    throw new NotExportable(`${kind}: expected a run ("ddad export --run"), which has its networks in it`);
  },

  async pipeline({ artifacts }, reader) {
    const named = (name: 'gan' | 'encoder'): string => {
      const key = artifacts[name] ?? null;
      if (key === null) throw new NotExportable(`expected artifact ${name} among those of the run, got none`);
      return key;
    };
    const gan: ArtifactName = { kind: ganKind.kind, key: named('gan') };
    const encoder: ArtifactName = { kind: encoderKind.kind, key: named('encoder') };
    const { spec, files } = await reader.manifest(gan);
    const { imageSize, width } = exportable(exportedSchema, spec, `gan ${gan.key}`);
    const scores = artifacts.scores ?? null;
    const testMaps: TestMaps[] =
      scores === null ? [] : [{ kind: scoresKind.kind, key: scores, score: 'residual', tensor: 'residual' }];
    return {
      imageSize,
      facts: { gan: gan.key, encoder: encoder.key, width },
      testMaps,
      weightBytes: (files.weights?.bytes ?? 0) + ((await reader.manifest(encoder)).files.weights?.bytes ?? 0),
      parts: `an encoder, a generator and a critic of width ${width}`,
      async build(facts, sink) {
        const weights = new Map([
          ...(await reader.tensors(gan, 'weights')),
          ...(await reader.tensors(encoder, 'weights')),
        ]);
        return pipelineModel({ ...facts, width }, weights, sink);
      },
    };
  },
};
