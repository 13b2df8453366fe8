import { artifactKey, defaultImageSize } from '@ddad/contract';
import {
  type ArtifactName,
  type ArtifactReader,
  exportable,
  NotExportable,
  type OnnxExport,
  type PipelineExport,
  type TestMaps,
} from '@ddad/onnx';
import { z } from 'zod';
import { mapKind, memberKind, type RefinedSpec, type Role, refinedKind, refinerKind } from '../kinds.ts';
import { dsuScore } from '../scores.ts';
import { backboneSchema } from '../settings.ts';
import { widthsOf } from '../widths.ts';
import { memberModel } from './member-model.ts';
import { type DdadFacts, type PipelineWeights, pipelineModel, type RefinedScore } from './pipeline-model.ts';

/** What an export has to know of a member: a part of its specification that members of every version have. */
const exportedMemberSchema = z.object({
  backbone: backboneSchema,
  imageSize: z.int().default(defaultImageSize),
  latentSize: z.int().optional(),
  wideLayer: z.int().optional(),
  dropout: z.number().optional(),
});

/** What a result names of what its scorer is made of. */
const exportedRunSchema = z.object({
  backbone: backboneSchema,
  members: z.array(z.object({ role: z.string(), key: z.string() })).min(1),
  artifacts: z.object({
    maps: z.string().nullable(),
    rIntra: z.string().nullable(),
    rDual: z.string().nullable(),
  }),
});

const refinedScores = ['rIntra', 'rDual'] as const satisfies RefinedScore[];
const member = (key: string): ArtifactName => ({ kind: memberKind.kind, key });
const refiner = (key: string): ArtifactName => ({ kind: refinerKind.kind, key });

/** Members as reconstruction networks, and runs with all that makes their scores; not those of MC Dropout. */
export const onnx: OnnxExport = {
  version: 3,
  kinds: [memberKind.kind],

  async artifact({ kind, key, spec }, reader) {
    const { backbone, imageSize, ...others } = exportable(exportedMemberSchema, spec, `member ${key}`);
    const weights = await reader.tensors({ kind, key }, 'weights');
    const facts = { format: 1, kind: 'member', key, backbone, imageSize, ...widthsOf(others) } as const;
    return memberModel(facts, weights);
  },

  async pipeline(result, reader) {
    const pipeline = await exportPipeline(
      exportable(exportedRunSchema, result, `run ${result.runId}`),
      reader,
    );
    const dsu = result.definitions?.some(({ name }) => name === dsuScore.name) === true;
    // It is made of gradients, which the file has none of.
    return dsu ? { ...pipeline, leftOut: [dsuScore.name] } : pipeline;
  },
};

/**
 * What makes a run's scores, ready to be written.
 * @param only present where reconstruction errors are all that the run scores by
 */
export async function exportPipeline(
  { backbone, members: all, artifacts }: z.infer<typeof exportedRunSchema>,
  reader: ArtifactReader,
  only?: 'reconstruction',
): Promise<PipelineExport> {
  const keysOf = (role: Role) => all.filter((one) => one.role === role).map(({ key }) => key);
  const [ndm, udm] = [keysOf('ndm'), keysOf('udm')];
  const [first] = ndm;
  if (first === undefined) throw new NotExportable('expected at least one member of role ndm, got none');
  const manifest = await reader.manifest(member(first));
  const { imageSize, dropout, ...others } = exportable(
    exportedMemberSchema,
    manifest.spec,
    `member ${first}`,
  );
  if (dropout !== undefined) {
    throw new NotExportable('a run of MC Dropout cannot be exported: its passes need random masks');
  }
  const facts: DdadFacts = {
    backbone,
    // Members of a run are of one form.
    ...widthsOf(others),
    members: { ndm, udm },
    refiners: { rIntra: artifacts.rIntra, rDual: artifacts.rDual },
    ...(only === undefined ? {} : { only }),
  };
  const refined = refinedScores.flatMap((score) => facts.refiners[score] ?? []);
  const networks = ndm.length === 1 ? '1 network' : `${ndm.length} networks`;
  const members = only === undefined ? `${ndm.length} ndm and ${udm.length} udm members` : networks;
  return {
    imageSize,
    facts: { ...facts },
    testMaps: await testMaps(artifacts, reader, only),
    // Members of a run are of one size.
    weightBytes:
      (ndm.length + udm.length) * (manifest.files.weights?.bytes ?? 0) +
      (await sizeOf(refined.map(refiner), reader)),
    parts: `${backbone}, ${members}${refined.length === 0 ? '' : ', ASR-Net'}`,
    build: (own, sink) => pipelineModel({ ...own, ...facts }, weightsOf(facts, reader), sink),
  };
}

async function sizeOf(artifacts: readonly ArtifactName[], reader: ArtifactReader): Promise<number> {
  let bytes = 0;
  for (const artifact of artifacts) bytes += (await reader.manifest(artifact)).files.weights?.bytes ?? 0;
  return bytes;
}

function weightsOf({ members, refiners }: DdadFacts, reader: ArtifactReader): PipelineWeights {
  const named = (key: string | null | undefined, what: string): string => {
    if (key === null || key === undefined) throw new RangeError(`expected a key of ${what}, got none`);
    return key;
  };
  return {
    member: (role, index) =>
      reader.tensors(member(named(members[role][index], `${role} ${index}`)), 'weights'),
    refiner: (score) => reader.tensors(refiner(named(refiners[score], score)), 'weights'),
  };
}

/** The maps of the test images, as far as they were made; none without test images. */
async function testMaps(
  { maps, rIntra, rDual }: z.infer<typeof exportedRunSchema>['artifacts'],
  reader: ArtifactReader,
  only: DdadFacts['only'],
): Promise<TestMaps[]> {
  if (maps === null) return [];
  const { spec } = await reader.manifest({ kind: mapKind.kind, key: maps });
  const { udm } = exportable(z.object({ udm: z.array(z.string()) }), spec, `maps ${maps}`);
  const spread = only === undefined ? ['aIntra'] : [];
  const scores = ['recEnsemble', ...spread, ...(udm.length > 0 ? ['aInter'] : [])];
  return [
    ...scores.map((score): TestMaps => ({ kind: mapKind.kind, key: maps, score, tensor: score })),
    ...Object.entries({ rIntra, rDual }).flatMap(([score, of]): TestMaps[] => {
      if (of === null) return [];
      const key = artifactKey({ maps, refiner: of } satisfies RefinedSpec);
      return [{ kind: refinedKind.kind, key, score, tensor: 'maps' }];
    }),
  ];
}
