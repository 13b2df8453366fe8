import type { DatasetIndex, EvaluationSpec } from '@ddad/contract';
import { readImages } from '@ddad/dataset/packed-file';
import { testImages } from '@ddad/dataset/select';
import { ChildFault } from '@ddad/jobs/child';
import type { MakeTask } from '@ddad/jobs/task';
import type { HeatMaps } from '@ddad/report';
import { OpenMaps } from './heat-maps.ts';
import type { ImageScores } from './image-scores.ts';
import type { PixelEvidence } from './pixel-truth.ts';

/** The open maps of a run whose dataset has masks. Who opens them closes them. */
export class EvaluatedMaps {
  readonly #names: readonly string[];
  readonly #test: OpenMaps;
  readonly #reference: OpenMaps | null;
  readonly #masks: string;
  readonly #side: number;

  private constructor(
    names: readonly string[],
    { test, reference }: { test: OpenMaps; reference: OpenMaps | null },
    masks: { path: string; side: number },
  ) {
    this.#names = names;
    this.#test = test;
    this.#reference = reference;
    this.#masks = masks.path;
    this.#side = masks.side;
  }

  /**
   * @param reference scores of the held-out images and the unlabeled ones; null where none were held out
   * @returns null where the specification names no masks
   * @throws ChildFault `invalid` where the dataset has others, or maps do not fit it
   */
  static async open(
    task: MakeTask<EvaluationSpec>,
    index: DatasetIndex,
    reference: ImageScores | null,
  ): Promise<EvaluatedMaps | null> {
    const { spec, masks: path } = task;
    if (spec.masks === undefined) return null;
    if (path === undefined || index.masks?.digest !== spec.masks) {
      const came = index.masks?.digest ?? 'none';
      throw new ChildFault('invalid', `masks: expected those of digest ${spec.masks}, got ${came}`);
    }
    const side = index.imageSize;
    const open = (images: 'test' | 'reference', count: number) =>
      OpenMaps.open(
        task,
        spec.sources.filter((source) => source.images === images),
        [count, side, side],
      );
    const test = await open('test', testImages(index).images.length);
    try {
      // Of the scores of one set of images, all are of as many.
      const count = reference?.values().next().value?.values.length ?? 0;
      const ofReference = count === 0 ? null : await open('reference', count);
      return new EvaluatedMaps(spec.scores, { test, reference: ofReference }, { path, side });
    } catch (error) {
      await test.close();
      throw error;
    }
  }

  /** How many maps comparing reads: those of test images once for their bins and once to compare, held-out ones twice. */
  reads(heldOut: number): number {
    return 2 * this.#test.count + 2 * heldOut * (this.#reference?.scores ?? 0);
  }

  /** @param read called after so many maps were read */
  evidence(read: (images: number) => Promise<void>): PixelEvidence {
    const inOrder = (maps: Record<string, HeatMaps>) =>
      Object.fromEntries(
        this.#names.flatMap((name) => (maps[name] === undefined ? [] : [[name, maps[name]]])),
      );
    return {
      test: inOrder(this.#test.byScore(read)),
      reference: this.#reference === null ? null : inOrder(this.#reference.byScore(read)),
      masks: (places) => readImages(this.#masks, this.#side, places),
    };
  }

  async close(): Promise<void> {
    await this.#test.close();
    await this.#reference?.close();
  }
}
