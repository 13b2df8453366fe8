/** A row that a run fills in the table of all systems. */
export interface ComparedAs {
  /** Id of a row of `published-systems.json`. */
  row: string;
  /** The score that the paper judges the system by: the method's own, never chosen by its AUC. */
  score: string;
  /** How the run differs from the paper's, where that is no deviation that its report shows. */
  unlike?: readonly string[];
}
