import { readFile } from 'node:fs/promises';
import { artifactKey, type RunResult } from '@ddad/contract';
import {
  type ArtifactReader,
  factsKey,
  GraphBuilder,
  inlineWeights,
  NotExportable,
  readPipelineFacts,
} from '@ddad/onnx';
import type { Manifest } from '@ddad/storage';
import { describe, expect, it } from 'vitest';
import { ddadScores } from '../scores.ts';
import { onnx } from './index.ts';

const key = (letter: string) => letter.repeat(64);
const [maps, intra, dual] = [key('d'), key('e'), key('f')];

const member = (role: string, index: number, letter: string) => ({
  role,
  index,
  seed: 1,
  key: key(letter),
  trainer: 't1',
  seconds: 1,
  loss: 0.5,
  reused: false,
});

const result = (changes: Partial<RunResult> = {}): RunResult => ({
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  method: 'ddad',
  backbone: 'aeu',
  k: 2,
  seed: 0,
  scores: null,
  members: [member('ndm', 0, 'a'), member('ndm', 1, 'b'), member('udm', 0, 'c')],
  artifacts: { maps, rIntra: intra, rDual: dual },
  seconds: { total: 1 },
  files: { report: 'reports/r/report.json', page: null, scores: null },
  ...changes,
});

/** Manifests alone: member `a` with this specification, and maps of both roles. */
function reader(spec: object = { backbone: 'aeu', imageSize: 128 }): ArtifactReader {
  const specs: Record<string, object> = { [`maps ${maps}`]: { udm: [key('c')] } };
  return {
    async manifest(artifact) {
      const bytes = artifact.kind === 'members' ? 1000 : 10;
      const found = specs[`${artifact.kind} ${artifact.key}`] ?? spec;
      return { ...artifact, spec: found, files: { weights: { bytes } } } as unknown as Manifest;
    },
    tensors: () => expect.fail('read tensors'),
  };
}

describe('a run', () => {
  it('is told what its scorer is made of, and where the maps of its test images lie', async () => {
    const pipeline = await onnx.pipeline(result(), reader());
    expect(pipeline).toMatchObject({
      imageSize: 128,
      parts: 'aeu, 2 ndm and 1 udm members, ASR-Net',
      weightBytes: 3 * 1000 + 2 * 10,
      facts: {
        backbone: 'aeu',
        members: { ndm: [key('a'), key('b')], udm: [key('c')] },
        refiners: { rIntra: intra, rDual: dual },
      },
    });
    expect(pipeline.testMaps).toEqual([
      { kind: 'maps', key: maps, score: 'recEnsemble', tensor: 'recEnsemble' },
      { kind: 'maps', key: maps, score: 'aIntra', tensor: 'aIntra' },
      { kind: 'maps', key: maps, score: 'aInter', tensor: 'aInter' },
      { kind: 'refined', key: artifactKey({ maps, refiner: intra }), score: 'rIntra', tensor: 'maps' },
      { kind: 'refined', key: artifactKey({ maps, refiner: dual }), score: 'rDual', tensor: 'maps' },
    ]);
  });

  it('of members of another size says so', async () => {
    const spec = { backbone: 'aeu', imageSize: 64, latentSize: 4, wideLayer: 1024 };
    const { facts } = await onnx.pipeline(result(), reader(spec));
    expect(facts).toMatchObject({ latentSize: 4, wideLayer: 1024 });
    expect((await onnx.pipeline(result(), reader())).facts).not.toHaveProperty('latentSize');
  });

  it('without test images and ASR-Net has neither', async () => {
    const bare = result({ artifacts: { maps: null, rIntra: null, rDual: null } });
    const pipeline = await onnx.pipeline(bare, reader());
    expect(pipeline).toMatchObject({ testMaps: [], parts: 'aeu, 2 ndm and 1 udm members' });
  });

  it('says that it leaves the dual-space uncertainty out, of a run that has it', async () => {
    const of = async (dsu: boolean) => onnx.pipeline(result({ definitions: ddadScores({ dsu }) }), reader());
    expect((await of(true)).leftOut).toEqual(['dsu']);
    expect(await of(false)).not.toHaveProperty('leftOut');
    expect(await onnx.pipeline(result(), reader())).not.toHaveProperty('leftOut');
  });

  it('of MC Dropout is refused', async () => {
    const dropout = reader({ backbone: 'aeu', imageSize: 64, dropout: 0.1 });
    await expect(onnx.pipeline(result(), dropout)).rejects.toThrow(
      new NotExportable('a run of MC Dropout cannot be exported: its passes need random masks'),
    );
  });

  it('of a backbone that this version does not know is refused', async () => {
    await expect(onnx.pipeline(result({ backbone: 'vae' }), reader())).rejects.toThrow(
      /^run r: backbone: expected one of .*"memae", got "vae"$/,
    );
  });
});

it('facts of files from before there were methods are understood', async () => {
  const facts: unknown = JSON.parse(
    await readFile(new URL('./facts-before-methods.testing.json', import.meta.url), 'utf8'),
  );
  const file = new GraphBuilder(inlineWeights).build('pipeline', '', { [factsKey]: JSON.stringify(facts) });
  expect(readPipelineFacts(file)).toEqual({ ...(facts as object), method: 'ddad' });
});
