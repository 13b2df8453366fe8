/** Values that become 0 and 255; all below and above them do too. */
export type Range = readonly [from: number, to: number];
