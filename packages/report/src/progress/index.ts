export { contentPolicy } from '../page-shell.ts';
export { buildRunPage } from './build-run-page.ts';
export { buildRunsPage } from './build-runs-page.ts';
