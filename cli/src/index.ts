export type { Invocation } from './program/invocation.ts';
export { runCli } from './program.ts';
