import { defaultMethod, type RunFacts, type RunSettings, type ScoreDefinition } from '@ddad/contract';
import { type MethodRegistry, methods as shippedMethods } from '@ddad/methods';

/**
 * Definitions of the scores that a run may give, in the order in which they are shown: its own, or of a result from before
 * these were kept, its method's.
 * @throws RangeError where nobody knows the method
 */
export function definitionsOf(
  result: Pick<RunFacts, 'definitions' | 'method'>,
  methods: MethodRegistry = shippedMethods,
): ScoreDefinition[] {
  // Of the settings a method's scores depend on what its results repeat.
  const facts = result as unknown as RunSettings;
  return result.definitions ?? methods.method(result.method).scores(facts);
}

/** What tells a run apart, for headings: `K = 3`; with the method's name where it is not the default one. */
export function describeRun(
  result: Pick<RunFacts, 'method'>,
  methods: MethodRegistry = shippedMethods,
): string {
  const { method } = result;
  const own = methods.find(method)?.describe(result);
  if (own === undefined) return `method ${method}`;
  return method === defaultMethod ? own : `method ${method}, ${own}`;
}

/** A run in one line, as its input tells it: for the list of runs in the Temporal UI. */
export function runSummary(input: RunSettings, methods: MethodRegistry = shippedMethods): string {
  const facts = methods.find(input.method)?.facts(input) ?? {};
  const { dataset, method, seed } = input;
  return `${dataset}: ${describeRun({ ...facts, method }, methods)}, seed ${seed}`;
}
