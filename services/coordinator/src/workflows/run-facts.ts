import { type BriefResult, defaultImageSize, type MemberResult, type RunFacts } from '@ddad/contract';
import type { RunPlan } from '../activities/plan.ts';
import { type GraphRun, seedIn, type WantedNode } from './graph-run.ts';

/** What a run knows of itself once its graph is made. */
export function runFacts(
  runId: string,
  { synthetic, data }: Pick<RunPlan, 'synthetic' | 'data'>,
  graph: Pick<GraphRun, 'plan' | 'nodes'>,
  seconds: Record<string, number>,
): RunFacts {
  const { basis, about, artifacts } = graph.plan;
  const { settings, imageSize, datasetDigest, pretrained } = basis;
  const named = graph.nodes.flatMap(({ node }) =>
    node.artifact === undefined ? [] : [[node.artifact, node.key] as const],
  );
  return {
    runId,
    dataset: settings.dataset,
    datasetDigest,
    // By its dataset alone it would mean another size once that is packed at 64 pixels too.
    input: { ...settings, ...(imageSize === defaultImageSize ? {} : { imageSize }) },
    ...(pretrained === undefined ? {} : { pretrainedKey: pretrained }),
    ...(data === undefined ? {} : { data }),
    synthetic,
    method: settings.method,
    ...(about.deviations.length === 0 ? {} : { deviations: about.deviations }),
    ...about.facts,
    ...(imageSize === defaultImageSize ? {} : { imageSize }),
    seed: settings.seed,
    definitions: about.definitions,
    ...membersOf(graph),
    artifacts: { ...Object.fromEntries(artifacts.map((name) => [name, null])), ...Object.fromEntries(named) },
    nodes: graph.nodes.map(nodeResult),
    seconds,
  };
}

/** What an experiment has to know of a run. */
export function briefResult({ runId }: RunFacts, report: string, graph: GraphRun): BriefResult {
  const wanted = graph.nodes.map(({ node: { kind, key } }) => ({ kind, key }));
  const made = graph.nodes.flatMap(({ node: { kind, key }, outcome }) =>
    outcome !== null && 'made' in outcome && !outcome.made.reused ? [{ kind, key }] : [],
  );
  return { runId, report, made, wanted };
}

/** Whose scores these are, and whose are missing. */
function membersOf(
  graph: Pick<GraphRun, 'plan' | 'nodes'>,
): Pick<RunFacts, 'members' | 'kPerRole' | 'failedMembers'> {
  const all = graph.nodes.filter(({ node }) => node.member !== undefined);
  const members = all.flatMap(memberResult);
  const failedMembers = all.flatMap(({ node: { member }, outcome }) =>
    member !== undefined && outcome !== null && 'failed' in outcome
      ? [{ role: member.role, index: member.index, reason: outcome.failed }]
      : [],
  );
  if (failedMembers.length === 0) return { members };
  const count = (role: string) => members.filter((member) => member.role === role).length;
  const roles = Object.keys(graph.plan.groups);
  return {
    members,
    kPerRole: Object.fromEntries(roles.map((role) => [role, count(role)])),
    failedMembers,
  };
}

function nodeResult({ node, divergedSeed }: WantedNode): NonNullable<RunFacts['nodes']>[number] {
  const { id, kind, key, unit, member } = node;
  const seed = seedIn(node);
  const diverged = member === undefined && divergedSeed !== undefined && seed !== undefined;
  return { id, kind, key, unit, ...(diverged ? { divergedSeed, seed } : {}) };
}

function memberResult({ node, outcome, begun, divergedSeed }: WantedNode): MemberResult[] {
  const { member, key } = node;
  if (member === undefined || outcome === null || !('made' in outcome)) return [];
  const { worker, seconds, loss, reused, restarts, replaced } = outcome.made;
  return [
    {
      ...member,
      key,
      trainer: worker,
      seconds,
      loss,
      reused,
      restarts: restarts + begun - 1,
      ...(divergedSeed === undefined ? {} : { divergedSeed }),
      ...(replaced === undefined ? {} : { replaced }),
    },
  ];
}
