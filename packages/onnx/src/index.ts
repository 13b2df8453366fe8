export { memberModel } from './member-model.ts';
export {
  type MemberFacts,
  type PipelineFacts,
  type PipelineMap,
  pipelineMaps,
} from './model-facts.ts';
export type { Weights } from './networks.ts';
export { type PipelineWeights, pipelineModel } from './pipeline-model.ts';
export { NoPipeline, readPipelineFacts } from './read-facts.ts';
export { externalWeights, inlineWeights, type WeightSink } from './weight-sinks.ts';
