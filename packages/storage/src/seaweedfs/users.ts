import { createHash, createHmac } from 'node:crypto';

/** Of a SeaweedFS server. */
export interface SeaweedfsUser {
  /** Its access key, too. */
  name: string;
  secretKey: string;
  /** In the language of AWS IAM; null for who may do everything. */
  policy: object | null;
}

export interface SeaweedfsUsers {
  /** Of the file of users. */
  content: string;
  /**
   * A user without any rights that comes and goes with this very content: who is answered "access denied" as it, and not "no
   * such user", knows that the server goes by it.
   */
  witness: { accessKey: string; secretKey: string };
}

/** What a SeaweedFS server has to know of its users; their policies may be those of MinIO. */
export function seaweedfsUsers(users: readonly SeaweedfsUser[]): SeaweedfsUsers {
  const identities = users.map(({ name, secretKey, policy }) => ({
    name,
    credentials: [{ accessKey: name, secretKey }],
    ...(policy === null ? { actions: ['Admin'] } : { policyNames: [name] }),
  }));
  const policies = users.flatMap(({ name, policy }) =>
    policy === null ? [] : [{ name, content: JSON.stringify(policy) }],
  );
  const all = JSON.stringify({ identities, policies });
  const accessKey = `witness-${createHash('sha256').update(all).digest('hex').slice(0, 16)}`;
  const secretKey = createHmac('sha256', all).update(accessKey).digest('hex');
  const witness = { name: accessKey, credentials: [{ accessKey, secretKey }], actions: [] };
  return {
    content: `${JSON.stringify({ identities: [...identities, witness], policies }, null, 2)}\n`,
    witness: { accessKey, secretKey },
  };
}
