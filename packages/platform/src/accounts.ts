/** Who has a user of its own at NATS and at the store of a local cluster, beside the command line. */
export const accounts = ['operator', 'coordinator', 'trainer', 'scorer'] as const;
/** A service's; `operator` is for people and may do everything. */
export type Account = (typeof accounts)[number];

/** Variables of a cluster's file that hold an account's secrets; the users are called like the account. */
export function secretsOf<Name extends Account>(account: Name) {
  const prefix = account.toUpperCase() as Uppercase<Name>;
  return { nats: `${prefix}_NATS_PASSWORD`, store: `${prefix}_S3_SECRET_KEY` } as const;
}

/**
 * The environment of an account: what a cluster's file says, with the account's credentials in the place of the command
 * line's, and without anybody else's. A file without the account's secrets leaves the credentials as they are.
 */
export function environmentOf<Value extends string | undefined>(
  account: Account,
  cluster: Readonly<Record<string, Value>>,
): Record<string, Value | string> {
  const secrets = new Set<string>(accounts.flatMap((one) => Object.values(secretsOf(one))));
  const result: Record<string, Value | string> = {};
  for (const [key, value] of Object.entries(cluster)) if (!secrets.has(key)) result[key] = value;
  const { nats, store } = secretsOf(account);
  const [password, secretKey] = [cluster[nats], cluster[store]];
  if (password !== undefined) Object.assign(result, { NATS_USER: account, NATS_PASSWORD: password });
  if (secretKey !== undefined) Object.assign(result, { S3_ACCESS_KEY: account, S3_SECRET_KEY: secretKey });
  return result;
}
