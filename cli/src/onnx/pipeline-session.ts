import { readFile, stat } from 'node:fs/promises';
import type { ScoreName } from '@ddad/contract';
import { scoreNames } from '@ddad/contract';
import {
  NoPipeline,
  type PipelineFacts,
  type PipelineMap,
  pipelineMaps,
  readPipelineFacts,
} from '@ddad/onnx';
import { CommandFailure, exitCodes } from '../failure.ts';

/** What a pipeline finds in one image. */
export interface ScoredPixels {
  scores: Partial<Record<ScoreName, number>>;
  /** Rows from the top, `imageSize` squared values each. */
  maps: Partial<Record<PipelineMap, Float32Array>>;
}

/** A pipeline that is ready to score. */
export interface PipelineSession {
  facts: PipelineFacts;
  /** @param images [N, imageSize, imageSize], grey values 0 to 255 */
  run(images: Uint8Array): Promise<ScoredPixels[]>;
  close(): Promise<void>;
}

/**
 * Loads a pipeline with ONNX Runtime, on the processor.
 * @throws CommandFailure where the file is none of `ddad export --run`
 */
export async function openPipeline(file: string): Promise<PipelineSession> {
  if (!(await stat(file)).isFile()) throw new CommandFailure(`${file}: expected a file`, exitCodes.badInput);
  let facts: PipelineFacts;
  try {
    facts = readPipelineFacts(await readFile(file));
  } catch (error) {
    if (!(error instanceof NoPipeline)) throw error;
    throw new CommandFailure(`${file}: ${error.message}`, exitCodes.badInput, { cause: error });
  }
  // Loaded here only: no other command needs its 60 MB.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const area = facts.imageSize ** 2;
  return {
    facts,
    async run(images) {
      const count = images.length / area;
      const shape = [count, 1, facts.imageSize, facts.imageSize];
      const results = await session.run({ images: new Tensor('uint8', images, shape) });
      const values = (name: string) => results[name]?.data as Float32Array | undefined;
      return Array.from({ length: count }, (_, image) => {
        const found: ScoredPixels = { scores: {}, maps: {} };
        for (const name of scoreNames) {
          const score = values(name)?.[image];
          if (score !== undefined) found.scores[name] = score;
        }
        for (const name of pipelineMaps) {
          const map = values(`${name}_map`)?.slice(image * area, (image + 1) * area);
          if (map !== undefined) found.maps[name] = map;
        }
        return found;
      });
    },
    close: () => session.release(),
  };
}
