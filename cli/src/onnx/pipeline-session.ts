import { readFile, stat } from 'node:fs/promises';
import { NoPipeline, type PipelineFacts, readPipelineFacts } from '@ddad/onnx';
import { CommandFailure, exitCodes } from '../failure.ts';

/** What a pipeline finds in one image, by score. */
export interface ScoredPixels {
  scores: Record<string, number>;
  /** Rows from the top, `imageSize` squared values each. */
  maps: Record<string, Float32Array>;
}

/** A pipeline that is ready to score. */
export interface PipelineSession {
  facts: PipelineFacts;
  /** Names of its scores, in the order of its outputs. */
  scores: readonly string[];
  /**
   * Maps of all images take memory at once, as long as one of them is held.
   * @param images [N, imageSize, imageSize], grey values 0 to 255
   */
  run(images: Uint8Array): Promise<ScoredPixels[]>;
  close(): Promise<void>;
}

/** How a heat map's output is called beside that of its score, whose name has no such ending. */
const mapEnding = '_map';

/**
 * What a pipeline's file says of itself.
 * @throws CommandFailure where the file is none of `ddad export --run`
 */
export async function pipelineFacts(file: string): Promise<PipelineFacts> {
  if (!(await stat(file)).isFile()) throw new CommandFailure(`${file}: expected a file`, exitCodes.badInput);
  try {
    return readPipelineFacts(await readFile(file));
  } catch (error) {
    if (!(error instanceof NoPipeline)) throw error;
    throw new CommandFailure(`${file}: ${error.message}`, exitCodes.badInput, { cause: error });
  }
}

/**
 * Loads a pipeline with ONNX Runtime, on the processor.
 * @throws CommandFailure where the file is none of `ddad export --run`
 */
export async function openPipeline(file: string): Promise<PipelineSession> {
  const facts = await pipelineFacts(file);
  // Loaded here only: no other command needs its 60 MB.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const area = facts.imageSize ** 2;
  return {
    facts,
    scores: session.outputNames.filter((name) => !name.endsWith(mapEnding)),
    async run(images) {
      const count = images.length / area;
      const shape = [count, 1, facts.imageSize, facts.imageSize];
      const results = await session.run({ images: new Tensor('uint8', images, shape) });
      const found = Array.from({ length: count }, (): ScoredPixels => ({ scores: {}, maps: {} }));
      for (const name of session.outputNames) {
        const values = results[name]?.data;
        if (!(values instanceof Float32Array)) continue;
        for (const [image, { scores, maps }] of found.entries()) {
          if (name.endsWith(mapEnding)) {
            maps[name.slice(0, -mapEnding.length)] = values.subarray(image * area, (image + 1) * area);
          } else scores[name] = values[image] ?? Number.NaN;
        }
      }
      return found;
    },
    close: () => session.release(),
  };
}
