import type { Graph, PlanBasis } from '@ddad/contract';
import { type ScoredArtifact, scoredNodes, type TrainedArtifact, trainedNode } from './image-nodes.ts';

/** The graph of a method that trains one artifact, then scores images with it. */
export function trainAndScore<Trained extends object, Scored extends object>(
  basis: PlanBasis,
  trained: TrainedArtifact<Trained>,
  /** @param key of what was trained */
  scoredWith: (key: string) => ScoredArtifact<Scored>,
): Graph {
  const node = trainedNode(basis, trained);
  const scored = scoredWith(node.key);
  return {
    stages: [
      { name: 'train', title: 'training' },
      { name: 'score', title: 'scoring' },
    ],
    nodes: [node, ...scoredNodes(basis, scored)],
    groups: {},
    artifacts: [trained.id, scored.artifact ?? scored.id],
  };
}
