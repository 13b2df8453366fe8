/** Names of the image scores that a score's heat map gives, its mean first. */
export const mapScores = (name: string): string[] => [
  name,
  ...['Top', 'Peak', 'Relative', 'Foreground'].map((reduction) => `${name}${reduction}`),
];
