import { setTimeout as delay } from 'node:timers/promises';
import { sealForMinio } from './seal-for-minio.ts';
import { signRequest } from './sign-request.ts';

/** Makes users of a MinIO server. Everything may be called again and replaces what was there. */
export interface MinioAdmin {
  /** @param document a policy in the language of AWS IAM */
  putPolicy(name: string, document: object): Promise<void>;
  putUser(accessKey: string, secretKey: string): Promise<void>;
  /** The user's only policy from now on. */
  setPolicy(accessKey: string, policy: string): Promise<void>;
}

const limitMs = 10_000;
const startLimitMs = 30_000;

/** MinIO's admin API, version 3. @param root credentials that the server was started with */
export function createMinioAdmin(
  endpoint: string,
  root: { accessKey: string; secretKey: string },
): MinioAdmin {
  const put = async (call: string, query: Record<string, string>, body: Buffer = Buffer.alloc(0)) => {
    const url = new URL(`/minio/admin/v3/${call}`, endpoint);
    url.search = new URLSearchParams(query).toString();
    const giveUpAt = performance.now() + startLimitMs;
    for (;;) {
      const response = await fetch(url, {
        method: 'PUT',
        headers: signRequest({ ...root, region: 'us-east-1' }, 'PUT', url, body, new Date()),
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(limitMs),
      });
      const answer = await response.text();
      if (response.ok) return;
      // A server that has just started says so for a moment, even after its health is ready.
      if (response.status !== 503 || performance.now() > giveUpAt) {
        throw new Error(`MinIO at ${endpoint} refused ${call}: ${response.status} ${answer.slice(0, 500)}`);
      }
      await delay(200);
    }
  };
  return {
    putPolicy: (name, document) => put('add-canned-policy', { name }, Buffer.from(JSON.stringify(document))),
    putUser: (accessKey, secretKey) =>
      put(
        'add-user',
        { accessKey },
        sealForMinio(root.secretKey, JSON.stringify({ secretKey, status: 'enabled' })),
      ),
    setPolicy: (accessKey, policy) =>
      put('set-user-or-group-policy', { policyName: policy, userOrGroup: accessKey, isGroup: 'false' }),
  };
}
