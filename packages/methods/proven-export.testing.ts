import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { RunResult } from '@ddad/contract';
import { type ArtifactReader, inlineWeights, type OnnxExport, type PipelineFacts } from '@ddad/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * Exports a run, has ONNX's checker look at the file, and scores images with it.
 * @param facts of the run's settings, as its result repeats them
 * @param pixels grey values, [count·side·side]
 * @returns what the file gives by name, and what the method says of the run
 */
export async function scoresOfExport({
  onnx,
  method,
  facts = {},
  artifacts,
  reader,
  file,
  pixels,
  side,
}: {
  onnx: OnnxExport;
  method: string;
  facts?: Record<string, unknown>;
  artifacts: Record<string, string | null>;
  reader: ArtifactReader;
  file: string;
  pixels: Uint8Array;
  side: number;
}) {
  const pipeline = await onnx.pipeline({ runId: 'r', ...facts, artifacts } as unknown as RunResult, reader);
  const about: PipelineFacts = {
    format: 1,
    kind: 'pipeline',
    method,
    runId: 'r',
    dataset: 'waves',
    imageSize: side,
  };
  await writeFile(file, await pipeline.build(about, inlineWeights));
  const program = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
  await promisify(execFile)(process.env.DDAD_TEST_PYTHON!, ['-c', program, file]);
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  try {
    const images = new Tensor('uint8', pixels, [pixels.length / side ** 2, 1, side, side]);
    const found = await session.run({ images });
    const values = Object.entries(found).map(([name, { data }]) => [name, data as Float32Array] as const);
    return { pipeline, found: new Map(values) };
  } finally {
    await session.release();
  }
}
