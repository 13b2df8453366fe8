import {
  type EvaluatedSource,
  evaluationKind,
  type Graph,
  type GraphNode,
  graphNode,
  type Method,
  newEvaluationSpec,
  newReducedSpec,
  type PlanBasis,
  reducedKind,
  reducedNames,
  reportStage,
  withReductions,
} from '@ddad/contract';
import { evaluationId, selectionOf } from '../run-selection.ts';

/** Where a graph's scores lie. */
export function sourcesOf({ nodes }: Pick<Graph, 'nodes'>): EvaluatedSource[] {
  return nodes.flatMap(({ kind, key, scores = [] }) => scores.map((source) => ({ kind, key, ...source })));
}

/** Whether unlabeled images decide weights. */
export function trainsOnUnlabeled({ nodes }: { nodes: readonly Pick<GraphNode, 'images'>[] }): boolean {
  return nodes.some(({ images }) => images === 'training');
}

/**
 * What a method plans; what its maps give beside their means; and the evaluation of all scores, which every run ends with.
 */
export function wholeGraph(method: Method, basis: PlanBasis): Graph {
  const planned = method.plan(basis);
  const reduced = (['test', 'reference'] as const).flatMap((images) => reducedNode(basis, planned, images));
  const graph = { ...planned, nodes: [...planned.nodes, ...reduced] };
  return {
    ...graph,
    stages: [...graph.stages, reportStage],
    nodes: [...graph.nodes, evaluationNode(method, basis, graph)],
  };
}

/** None where the images have no maps. */
function reducedNode(basis: PlanBasis, graph: Graph, images: 'test' | 'reference'): GraphNode[] {
  const maps = graph.nodes.flatMap(({ kind, key, scores = [] }) => {
    const own = scores.flatMap(({ score, images: of, map }) =>
      of === images && map !== undefined ? [{ score, tensor: map }] : [],
    );
    return own.length === 0 ? [] : [{ kind, key, scores: own }];
  });
  const facts = basis.images[images];
  if (maps.length === 0 || facts === null) return [];
  const names = maps.flatMap(({ scores }) => scores.flatMap(({ score }) => reducedNames(score)));
  return [
    graphNode(reducedKind, newReducedSpec({ imagesDigest: facts.digest, imageSize: basis.imageSize, maps }), {
      id: images === 'test' ? 'highest pixels' : 'reference highest pixels',
      images,
      stage: reportStage.name,
      total: facts.count,
      unit: 'image',
      imagesPerUnit: 1,
      scores: names.map((score) => ({ score, images, tensor: score })),
    }),
  ];
}

function evaluationNode(method: Method, basis: PlanBasis, graph: Graph): GraphNode {
  const { settings, datasetDigest, images, masks } = basis;
  const sources = sourcesOf(graph);
  const mapped = sources.some(({ images: of, map }) => of === 'test' && map !== undefined);
  const curves = graph.nodes.filter((node) => node.curve === true);
  const spec = newEvaluationSpec({
    datasetDigest,
    selection: selectionOf(settings),
    trainsOnUnlabeled: trainsOnUnlabeled(graph),
    ...(settings.falsePositiveRate === undefined ? {} : { falsePositiveRate: settings.falsePositiveRate }),
    scores: withReductions(method.scores(settings)).map(({ name }) => name),
    sources,
    ...(masks === undefined || !mapped ? {} : { masks }),
    curves: curves.map(({ kind, key }) => ({ kind, key })),
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
