import type { Logger } from '@ddad/platform';

export interface PodDeletionCostDeps {
  /** Sets the cost of a pod; false where there is no such pod. */
  setCost: (pod: string, cost: number) => Promise<boolean>;
  /** Trainers that are there; a trainer in a pod bears its name. */
  trainers: () => { id: string }[];
  /** Ids of those that train. */
  busy: () => ReadonlySet<string>;
  logger: Logger;
  /** Between two looks, in ms. */
  intervalMs?: number;
}

/** What a busy trainer's pod costs; an idle one costs nothing, as a pod that says nothing. */
export const busyCost = 100;

/** Requests in one look: the rest waits for the next. */
const requestsAtOnce = 10;
/** After a failure the API server is left alone for so long, in ms. */
const restMs = 10_000;

/**
 * Tells Kubernetes which trainers are busy, so that a Deployment that is scaled down ends idle ones first. Only what
 * changed is sent, a few requests a second at most; a failure is no more than a warning, as a busy trainer that is ended
 * hands its job back.
 */
export function keepPodDeletionCost(deps: PodDeletionCostDeps): { close(): Promise<void> } {
  const { setCost, logger, intervalMs = 1_000 } = deps;
  const known = new Map<string, number>();
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();

  const look = async () => {
    const busy = deps.busy();
    const ids = new Set(deps.trainers().map(({ id }) => id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    let sent = 0;
    for (const id of ids) {
      const cost = busy.has(id) ? busyCost : 0;
      if (known.get(id) === cost) continue;
      if (closed || sent === requestsAtOnce) return;
      sent += 1;
      const found = await setCost(id, cost);
      if (!found) logger.debug({ trainer: id }, 'a trainer runs in no pod of ours');
      known.set(id, cost);
    }
  };
  const turn = () => {
    looking = look().then(
      () => {
        if (failing) logger.info('Kubernetes hears again which trainers are busy');
        failing = false;
        if (!closed) timer = setTimeout(turn, intervalMs);
      },
      (error: unknown) => {
        if (!failing)
          logger.warn({ err: error }, 'Kubernetes cannot be told which trainers are busy for now');
        failing = true;
        if (!closed) timer = setTimeout(turn, Math.max(restMs, intervalMs));
      },
    );
  };
  timer = setTimeout(turn, intervalMs);
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
