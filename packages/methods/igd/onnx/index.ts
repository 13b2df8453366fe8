import { exportable, NotExportable, type OnnxExport } from '@ddad/onnx';
import { z } from 'zod';
import { networksKind, residualsKind } from '../kinds.ts';
import { type IgdFacts, pipelineModel } from './pipeline-model.ts';

/** What a result names of what its scorer is made of. */
const exportedRunSchema = z.object({
  width: z.int().min(2),
  artifacts: z.object({ networks: z.string(), residuals: z.string().nullable() }),
});

const trainedSchema = z.object({ imageSize: z.int().min(64) });

/** Runs with encoder, decoder and the codes' centre, which have no use without one another; the critic has none in a scorer. */
export const onnx: OnnxExport = {
  version: 1,
  kinds: [],

  async artifact({ kind }) {
    throw new NotExportable(`artifacts of kind ${kind} cannot be exported by themselves: export the run`);
  },

  async pipeline(result, reader) {
    const { width, artifacts } = exportable(exportedRunSchema, result, `run ${result.runId}`);
    const networks = { kind: networksKind.kind, key: artifacts.networks };
    const manifest = await reader.manifest(networks);
    const { imageSize } = exportable(trainedSchema, manifest.spec, `networks ${networks.key}`);
    const facts: IgdFacts = { networks: networks.key, width };
    const { residuals } = artifacts;
    return {
      imageSize,
      facts: { ...facts },
      testMaps:
        residuals === null
          ? []
          : [{ kind: residualsKind.kind, key: residuals, score: 'residual', tensor: 'residual' }],
      weightBytes: manifest.files.weights?.bytes ?? 0,
      parts: `encoder, decoder of width ${width}, codes' centre`,
      async build(all, sink) {
        const weights = await reader.tensors(networks, 'weights');
        const descriptor = await reader.tensors(networks, 'descriptor');
        return pipelineModel({ ...all, ...facts }, new Map([...weights, ...descriptor]), sink);
      },
    };
  },
};
