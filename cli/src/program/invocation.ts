import type { Place } from '../cluster.ts';
import type { Screens } from '../screen.ts';

/** What the process gives a command. */
export interface Invocation extends Place {
  screens: Screens;
  /** Registers for signals that end a process. @returns takes the registration back */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
}
