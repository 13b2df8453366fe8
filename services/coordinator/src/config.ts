import { hostPortSchema } from '@ddad/contract';
import { type MlflowAccess, mlflowAccess, mlflowShape } from '@ddad/mlflow';
import {
  ConfigError,
  grpcShape,
  logShape,
  methodsShape,
  natsShape,
  operationsShape,
  storeShape,
  temporalShape,
} from '@ddad/platform';
import { tracingShape } from '@ddad/tracing';
import { z } from 'zod';

/** Environment of the coordinator. */
export const coordinatorConfig = z.object({
  ...temporalShape,
  ...natsShape,
  ...storeShape,
  ...grpcShape,
  ...methodsShape,
  ...logShape,
  ...operationsShape,
  ...tracingShape,
  /**
   * Seconds without a sign of life after which an activity's attempt is given up. Less than the 30 s for which a trainer
   * keeps a job that nobody follows, so that a coordinator that was killed repeats no epoch either.
   */
  HEARTBEAT_TIMEOUT_S: z.coerce.number().min(1).max(3600).default(20),
  /**
   * Hosts that workers may announce: hosts, domains, addresses, ranges like 10.0.0.0/8, with commas between. Whoever may write
   * the workers' bucket can announce any address otherwise, and is shown GRPC_TOKEN there.
   */
  WORKER_HOSTS: z.string().default('*'),
  /** Directory for the pixels of datasets that runs are planned with. */
  SCRATCH_DIR: z.string().min(1),
  /** Path of the workflows as one bundle, made beforehand; absent: they are bundled at each start. One that is traced has its bundle beside it, see `bundleFile`. */
  WORKFLOWS: z.string().optional(),
  /** Kubernetes' namespace of the trainers' pods, whose pod-deletion-cost is kept then; absent: it is not. */
  TRAINER_PODS_NAMESPACE: z.string().optional(),
  /** Set by Kubernetes in every pod. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().default(443),
  /** Least number of seconds between two signals that tell a run of its members' progress. */
  PROGRESS_INTERVAL_S: z.coerce.number().min(0.1).max(3600).default(60),
  /**
   * Days after which checkpoints that nobody went on with, and what was set aside as damaged, are left over; "off": the coordinator
   * removes no left-overs of the store at all.
   */
  LEFT_OVERS_AFTER_D: z.union([z.literal('off'), z.coerce.number().min(1).max(36500)]).default(7),
  /** The MLflow server in which finished runs are logged, http://host:port; absent: in none. */
  MLFLOW_TRACKING_URI: z.string().optional(),
  ...mlflowShape,
  /** Where the progress pages are served, host:port; not at all where it is "off". Other users of the host can read them. */
  PAGE_LISTEN: z.union([z.literal('off'), hostPortSchema]).default('127.0.0.1:8780'),
  /** Address under which people reach those pages, for links in the Temporal UI; unset: http://PAGE_LISTEN on loopback, else none. */
  PAGE_URL: z
    .string()
    .regex(/^https?:\/\/[^@\s?#]+$/, 'expected http://host:port or https://host, without a user')
    .optional(),
});
export type CoordinatorConfig = z.infer<typeof coordinatorConfig>;

/**
 * Where finished runs are logged; undefined: nowhere.
 * @throws ConfigError where the address or the credentials are at fault
 */
export function mlflowOf(
  config: Pick<CoordinatorConfig, 'MLFLOW_TRACKING_URI' | keyof typeof mlflowShape>,
): MlflowAccess | undefined {
  const { MLFLOW_TRACKING_URI: uri } = config;
  if (uri === undefined) return undefined;
  const access = mlflowAccess(uri, config);
  if (!('faults' in access)) return access;
  throw new ConfigError(
    access.faults.map(({ path, message }) => ({
      path: path === 'mlflow' ? 'MLFLOW_TRACKING_URI' : path,
      message,
    })),
  );
}
