/** A setting that is not the source's, among a method's deviations: `size 64 instead of 256`; nothing where it is. */
export const instead = (what: string, own: number, theirs: number): string[] =>
  own === theirs ? [] : [`${what} ${own} instead of ${theirs}`];

/** The deviation of a method whose source trains on what makes no whole batch at an epoch's end, too. */
export const wholeBatchesAlone = 'incomplete last batches of an epoch left out';
