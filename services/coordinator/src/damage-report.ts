/** A damaged artifact as a failure's details list it. No imports but types: workflows read it. */
export interface DamagedArtifact {
  kind: string;
  key: string;
  /** What was expected and what is there. */
  fault: string;
}
