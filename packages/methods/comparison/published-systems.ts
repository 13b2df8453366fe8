import { type Fault, isObject, type ReadExperiment, showValue } from '@ddad/contract';
import { z } from 'zod';
import file from './published-systems.json' with { type: 'json' };

/** AUC and AP in percent. */
const figures = z.tuple([z.number().min(0).max(100), z.number().min(0).max(100)]);

const publishedSchema = z.strictObject({
  /** Where the figures stand. */
  source: z.string(),
  /** Names of the datasets, as the paper writes them. */
  datasets: z.record(z.string(), z.string()),
  /** In the paper's order: first those that use no unlabeled images. */
  rows: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      taxonomy: z.string(),
      unlabeled: z.boolean(),
      figures: z.record(z.string(), figures),
    }),
  ),
});
export type PublishedSystem = z.infer<typeof publishedSchema>['rows'][number];

/** The figures of the DDAD paper's table of all systems. */
export const published = publishedSchema.parse(file);

/** What keeps an experiment from having the figures of the published dataset that it names: none of this name, or runs on several. */
export function publishedFaults({ experiment, combinations }: ReadExperiment): Fault[] {
  const named = experiment?.published;
  if (named === undefined) return [];
  const fault = (message: string): Fault => ({ path: 'published', message });
  const names = Object.keys(published.datasets);
  const datasets = new Set(
    combinations.flatMap(({ input }) =>
      isObject(input) && typeof input.dataset === 'string' ? input.dataset : [],
    ),
  );
  return [
    ...(names.includes(named) ? [] : [fault(`expected one of ${names.join(', ')}, got ${showValue(named)}`)]),
    ...(datasets.size < 2
      ? []
      : [
          fault(
            `expected runs on one dataset, whose images these figures are of, got ${[...datasets].join(', ')}`,
          ),
        ]),
  ];
}
