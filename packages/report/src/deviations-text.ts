/**
 * In which ways a method differs from its source, as a sentence:
 * `Differs from its source: no pretrained weights; size 64 instead of 256.`
 */
export function deviationsText(deviations: readonly string[]): string {
  return `Differs from its source: ${deviations.join('; ')}.`;
}
