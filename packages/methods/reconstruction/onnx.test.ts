import type { RunResult } from '@ddad/contract';
import type { ArtifactReader } from '@ddad/onnx';
import type { Manifest } from '@ddad/storage';
import { expect, it } from 'vitest';
import { onnxOf } from './onnx.ts';

const key = (letter: string) => letter.repeat(64);

const reader: ArtifactReader = {
  async manifest(artifact) {
    const spec = { backbone: 'memae', imageSize: 64, udm: [] };
    return { ...artifact, spec, files: { weights: { bytes: 1000 } } } as unknown as Manifest;
  },
  tensors: () => expect.fail('read tensors'),
};

it('exports the networks of a run with their reconstruction errors, without the spread that it does not score by', async () => {
  const member = {
    role: 'ndm',
    index: 0,
    seed: 1,
    key: key('a'),
    trainer: 't',
    seconds: 1,
    loss: 1,
    reused: false,
  };
  const result: RunResult = {
    runId: 'r',
    dataset: 'brain',
    synthetic: false,
    method: 'memae',
    k: 1,
    seed: 0,
    scores: null,
    members: [member],
    artifacts: { maps: key('d') },
    seconds: { total: 1 },
    files: { report: 'reports/r/report.json', page: null, scores: null },
  };
  expect(await onnxOf('memae').pipeline(result, reader)).toMatchObject({
    imageSize: 64,
    parts: 'memae, 1 network',
    weightBytes: 1000,
    facts: { backbone: 'memae', members: { ndm: [key('a')], udm: [] }, only: 'reconstruction' },
    testMaps: [{ kind: 'maps', key: key('d'), score: 'recEnsemble', tensor: 'recEnsemble' }],
  });
});
