/** In which ways a method differs from its source, a line each: `differs from its source: no pretrained weights`. */
export function deviationLines(deviations: readonly string[] = []): string[] {
  return deviations.map((text) => `differs from its source: ${text}`);
}
