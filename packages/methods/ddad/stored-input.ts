import { isObject } from '@ddad/contract';

/**
 * The input of a run from before there was a choice of recipes, as its members and refiners were trained: by the paper's. An input
 * that was kept with all of its defaults lacks `recipe` then, and today's default is another one.
 */
export function storedInput(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { recipe = 'paper', refiner } = input;
  const refined = isObject(refiner) ? { refiner: { recipe: 'paper', ...refiner } } : {};
  return { ...input, recipe, ...refined };
}
