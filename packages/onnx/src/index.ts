export { exportable } from './exportable.ts';
export { GraphBuilder, type Value } from './graph-builder.ts';
export { type ImageLevels, imageLevels, mapScoresVersion, outputMap } from './map-scores.ts';
export { addBlocks, addWeight, type Network, splitChannels, type Weights } from './network-blocks.ts';
export {
  type ArtifactName,
  type ArtifactReader,
  NotExportable,
  type OnnxExport,
  type PipelineExport,
  type TestMaps,
} from './onnx-export.ts';
export { factsKey, type PipelineFacts } from './pipeline-facts.ts';
export { NoPipeline, readPipelineFacts } from './read-facts.ts';
export { addBatchNorm, addConvolution, addResNet18 } from './resnet18.ts';
export { externalWeights, inlineWeights, type WeightSink } from './weight-sinks.ts';
