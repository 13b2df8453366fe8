/** Beginnings of a cell that spreadsheets take for a formula, or skip before one. */
const formula = /^[=+\-@\t\r]/;

/**
 * Text for a cell that no spreadsheet computes: an apostrophe before what would be a formula, which spreadsheets take for
 * text (OWASP, CSV Injection). Names of images and pathologies are whoever's who made the files.
 */
export function textCell(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}
