export { type Invocation, runCli } from './program.ts';
