import { exportable, type OnnxExport } from '@ddad/onnx';
import { z } from 'zod';
import type { PlannedMethod } from '../plan.ts';
import { networkModel, pipelineModel } from './pipeline-model.ts';

/** What an export has to know of a network's specification. */
const exportedNetworkSchema = z.object({ imageSize: z.int() });

/** What a result names of what its scorer is made of. */
const exportedRunSchema = z.object({
  artifacts: z.object({ network: z.string(), maps: z.string().nullable() }),
});

/** A method's networks, and its runs. */
export function oneStageOnnx({ definition: { name, shortTitle }, kinds }: PlannedMethod): OnnxExport {
  return {
    version: 1,
    kinds: [kinds.network.kind],

    async artifact({ kind, key, spec }, reader) {
      const { imageSize } = exportable(exportedNetworkSchema, spec, `network ${key}`);
      const weights = await reader.tensors({ kind, key }, 'weights');
      return networkModel({ format: 1, kind: 'network', key, method: name, imageSize }, weights);
    },

    async pipeline(result, reader) {
      const { artifacts } = exportable(exportedRunSchema, result, `run ${result.runId}`);
      const network = { kind: kinds.network.kind, key: artifacts.network };
      const { spec, files } = await reader.manifest(network);
      const { imageSize } = exportable(exportedNetworkSchema, spec, `network ${network.key}`);
      const { maps } = artifacts;
      return {
        imageSize,
        facts: { network: network.key },
        testMaps:
          maps === null
            ? []
            : [{ kind: kinds.maps.kind, key: maps, score: 'predicted', tensor: 'predicted' }],
        weightBytes: files.weights?.bytes ?? 0,
        parts: `the network of ${shortTitle}`,
        build: async (facts, sink) => pipelineModel(facts, await reader.tensors(network, 'weights'), sink),
      };
    },
  };
}
