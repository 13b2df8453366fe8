import {
  type EvaluatedSource,
  evaluationKind,
  type Graph,
  type GraphNode,
  graphNode,
  type Method,
  newEvaluationSpec,
  type PlanBasis,
  reportStage,
} from '@ddad/contract';
import { evaluationId, selectionOf } from '../run-selection.ts';

/** Where a graph's scores lie. */
export function sourcesOf({ nodes }: Pick<Graph, 'nodes'>): EvaluatedSource[] {
  return nodes.flatMap(({ kind, key, scores = [] }) => scores.map((source) => ({ kind, key, ...source })));
}

/** Whether unlabeled images decide weights. */
export function trainsOnUnlabeled({ nodes }: Pick<Graph, 'nodes'>): boolean {
  return nodes.some(({ images }) => images === 'training');
}

/** What a method plans, and the evaluation of all its scores, which every run ends with. */
export function wholeGraph(method: Method, basis: PlanBasis): Graph {
  const graph = method.plan(basis);
  return {
    ...graph,
    stages: [...graph.stages, reportStage],
    nodes: [...graph.nodes, evaluationNode(method, basis, graph)],
  };
}

function evaluationNode(method: Method, basis: PlanBasis, graph: Graph): GraphNode {
  const { settings, datasetDigest, images, masks } = basis;
  const sources = sourcesOf(graph);
  const mapped = sources.some(({ images: of, map }) => of === 'test' && map !== undefined);
  const curve = graph.nodes.find((node) => node.curve === true);
  const spec = newEvaluationSpec({
    datasetDigest,
    selection: selectionOf(settings),
    trainsOnUnlabeled: trainsOnUnlabeled(graph),
    ...(settings.falsePositiveRate === undefined ? {} : { falsePositiveRate: settings.falsePositiveRate }),
    scores: method.scores(settings).map(({ name }) => name),
    sources,
    ...(masks === undefined || !mapped ? {} : { masks }),
    ...(curve === undefined ? {} : { curve: { kind: curve.kind, key: curve.key } }),
  });
  return graphNode(evaluationKind, spec, {
    id: evaluationId,
    images: null,
    stage: reportStage.name,
    total: images.test?.count ?? 0,
    unit: 'image',
    imagesPerUnit: 1,
  });
}
