import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';

export interface KubernetesAccess {
  host: string;
  port: number;
  namespace: string;
  /** Directory with the service account's `token`, which is renewed from time to time, and the server's `ca.crt`. */
  credentials: string;
}

const limitMs = 5_000;
const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Sets what it costs to delete a pod: of a ReplicaSet's pods that are scaled down, the cheapest go first.
 * @returns false where there is no such pod
 * @throws where the API server refuses or does not answer in time
 */
export async function setPodDeletionCost(
  access: KubernetesAccess,
  pod: string,
  cost: number,
): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(access.namespace)}/pods/${encodeURIComponent(pod)}`;
  const status = await patch(access, path, { metadata: { annotations: { [costAnnotation]: String(cost) } } });
  if (status === 404) return false;
  if (status !== 200) throw new Error(`the API server answered ${status} to a patch of pod ${pod}`);
  return true;
}

/** Sends a merge patch. @returns the status code */
async function patch(
  { host, port, credentials }: KubernetesAccess,
  path: string,
  body: object,
): Promise<number> {
  const [token, ca] = await Promise.all([
    readFile(join(credentials, 'token'), 'utf8'),
    readFile(join(credentials, 'ca.crt'), 'utf8'),
  ]);
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port,
        path,
        ca,
        method: 'PATCH',
        headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/merge-patch+json' },
        signal: AbortSignal.timeout(limitMs),
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      },
    );
    sent.once('error', (error) =>
      reject(
        new Error(`the API server at ${host}:${port} does not answer: ${error.message}`, { cause: error }),
      ),
    );
    sent.end(JSON.stringify(body));
  });
}
