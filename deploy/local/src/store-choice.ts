/** S3 stores that a local cluster can have; named as their processes and directories are. */
export const storeNames = ['minio', 'seaweedfs'] as const;
export type StoreName = (typeof storeNames)[number];

export const storeTitles: Readonly<Record<StoreName, string>> = { minio: 'MinIO', seaweedfs: 'SeaweedFS' };

export interface StoreSituation {
  /** By the variable STORE; undefined where it is not set. */
  wanted?: StoreName | undefined;
  /** What `cluster.env` says; null where there is none. */
  last: StoreName | null;
  /** Those that have data in the cluster's home. */
  withData: readonly StoreName[];
  /** Whether MinIO's program is here: it is compiled, for minutes, while SeaweedFS's is brought along. */
  minioIsHere: boolean;
}

/**
 * Chooses a cluster's store: the one that its data are in, then the one that the user wants, then the one that can start at
 * once.
 * @throws where the user wants another one than the data are in, or has to say which of two
 */
export function chooseStore({ wanted, last, withData, minioIsHere }: StoreSituation): StoreName {
  const made = last !== null && withData.includes(last) ? [last] : withData;
  if (made.length === 0) return wanted ?? (minioIsHere ? (last ?? 'minio') : 'seaweedfs');
  if (wanted === undefined && made.length > 1) {
    throw new Error(
      `STORE: expected ${storeNames.join(' or ')}, as this cluster has data of both, got nothing`,
    );
  }
  const store = wanted ?? made[0]!;
  if (!made.includes(store)) {
    throw new Error(
      `STORE: expected ${made[0]}, which this cluster's data are in, got ${store}; leave it out, or have a cluster of its own ` +
        'by another DDAD_HOME',
    );
  }
  return store;
}
