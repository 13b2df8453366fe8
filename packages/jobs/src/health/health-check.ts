/** Something that a worker needs for its jobs, and can look after itself. */
export interface HealthCheck {
  name: string;
  /** True where it takes seconds of a processor: it is left out while another check fails. */
  costly?: boolean;
  /**
   * @param signal whoever waits for it does so no longer
   * @returns what is wrong, with what was expected and what was found; null where nothing is
   */
  check(signal: AbortSignal): Promise<string | null>;
}
