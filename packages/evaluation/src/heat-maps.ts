import { type EvaluatedSource, sourceName } from '@ddad/contract';

import { ChildFault } from '@ddad/jobs/child';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import type { HeatMaps } from '@ddad/report';
import { openSafetensors, type TensorFile } from '@ddad/storage/safetensors';

interface OpenMap {
  score: string;
  tensor: string;
  shape: readonly number[];
  file: TensorFile;
}

/** The open files of a run's heat maps. Who opens them closes them. */
export class OpenMaps {
  readonly #maps: OpenMap[] = [];

  /**
   * @param shape of every score's maps, [T, side, side]
   * @throws ChildFault `invalid` with every tensor that is not there, or has another shape
   */
  static async open(
    task: Pick<MakeTask, 'kind' | 'inputs'>,
    sources: readonly EvaluatedSource[],
    shape: readonly number[],
  ): Promise<OpenMaps> {
    const opened = new OpenMaps();
    try {
      const faults: string[] = [];
      for (const source of sources) faults.push(...(await opened.#add(task, source, shape)));
      if (faults.length > 0) throw new ChildFault('invalid', faults.join('; '));
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  /** @returns its faults */
  async #add(
    task: Pick<MakeTask, 'kind' | 'inputs'>,
    source: EvaluatedSource,
    shape: readonly number[],
  ): Promise<string[]> {
    const { score, map: tensor, kind, key } = source;
    if (tensor === undefined) return [];
    const file = await openSafetensors(inputFile(task, sourceName(source), 'maps'));
    this.#maps.push({ score, tensor, shape, file });
    const found = file.shapes.get(tensor);
    if (found?.join(', ') === shape.join(', ')) return [];
    const came =
      found === undefined ? `tensors ${[...file.shapes.keys()].join(', ')}` : `[${found.join(', ')}]`;
    return [`${kind} ${key}: maps ${tensor}: expected shape [${shape.join(', ')}], got ${came}`];
  }

  /** How many heat maps there are, of all images and scores. */
  get count(): number {
    return this.#maps.reduce((sum, { shape: [images = 0] }) => sum + images, 0);
  }

  /** How many scores have them. */
  get scores(): number {
    return this.#maps.length;
  }

  /** By score. @param read called after so many heat maps were read */
  byScore(read: (images: number) => Promise<void>): Record<string, HeatMaps> {
    return Object.fromEntries(
      this.#maps.map(({ score, tensor, shape, file }): [string, HeatMaps] => [
        score,
        {
          shape,
          async read(first, images) {
            const values = await file.read(tensor, first, images);
            await read(images);
            return values;
          },
        },
      ]),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#maps.map(({ file }) => file.close()));
  }
}
