export { type Activities, type ActivityDeps, createActivities } from './activities/index.ts';
export { noAudit } from './audit-history.ts';
export { type CoordinatorConfig, coordinatorConfig } from './config.ts';
export { type Coordinator, type CoordinatorDeps, createCoordinator } from './coordinator.ts';
export { Dispatcher } from './dispatcher.ts';
export { activityQueues } from './task-queues.ts';
export { type CoordinatorWorkers, createWorkers } from './worker.ts';
export { workflowBundle } from './workflow-bundle.ts';
