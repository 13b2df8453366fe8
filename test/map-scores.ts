/** Names of the image scores that a score's heat map gives, its mean first. */
export const mapScores = (name: string): string[] => [name, `${name}Top`, `${name}Peak`, `${name}Relative`];
