import type { OnnxExport } from '@ddad/onnx';
import { exportPipeline, onnx } from '../ddad/onnx/index.ts';
import type { Backbone } from '../ddad/settings.ts';

/** Networks alone as DDAD's members, and runs with the reconstruction errors that they score by. */
export const onnxOf = (backbone: Backbone): OnnxExport => ({
  ...onnx,
  pipeline: ({ members, artifacts }, reader) =>
    exportPipeline(
      { backbone, members, artifacts: { maps: artifacts.maps ?? null, rIntra: null, rDual: null } },
      reader,
      'reconstruction',
    ),
});
