import type { MethodRegistry } from '@ddad/methods';
import type { Place } from '../cluster.ts';
import type { Screens } from '../screen.ts';

/** What the process gives a command. */
export interface Invocation extends Place {
  screens: Screens;
  /** Registers for signals that end a process. @returns takes the registration back */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
}

/** An invocation with the methods that there are for it. */
export interface PreparedInvocation extends Invocation {
  methods: MethodRegistry;
}
