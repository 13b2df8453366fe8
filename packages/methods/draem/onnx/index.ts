import { exportable, NotExportable, type OnnxExport } from '@ddad/onnx';
import { z } from 'zod';
import { networksKind, probabilitiesKind } from '../kinds.ts';
import { type DraemFacts, pipelineModel } from './pipeline-model.ts';

/** What a result names of what its scorer is made of. */
const exportedRunSchema = z.object({
  width: z.int().min(2),
  artifacts: z.object({ networks: z.string(), probabilities: z.string().nullable() }),
});

const trainedSchema = z.object({ imageSize: z.int().min(32) });

/** Runs with both networks; the networks have no use without one another. */
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
    const facts: DraemFacts = { networks: networks.key, width };
    const { probabilities } = artifacts;
    return {
      imageSize,
      facts: { ...facts },
      testMaps:
        probabilities === null
          ? []
          : [
              {
                kind: probabilitiesKind.kind,
                key: probabilities,
                score: 'probability',
                tensor: 'probability',
              },
            ],
      weightBytes: manifest.files.weights?.bytes ?? 0,
      parts: `reconstruction and segmentation of width ${width}`,
      build: async (all, sink) =>
        pipelineModel({ ...all, ...facts }, await reader.tensors(networks, 'weights'), sink),
    };
  },
};
