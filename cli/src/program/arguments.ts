import { InvalidArgumentError } from 'commander';

/** An argument that names a run. */
export const runReference = [
  '<run>',
  'as "ddad runs" lists it; Temporal\'s run id is understood as well',
] as const;

/** @returns reads an option's value, which has to be a whole number from `min` to `max` */
export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}

/**
 * Reads an option's value, which has to be whole days or hours: `7d`, `12h`.
 * @returns milliseconds
 */
export function age(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('expected whole days or hours, as 7d or 12h');
  return Number(count) * (unit === 'd' ? 24 : 1) * 3600 * 1000;
}
