import proto from '@temporalio/proto';
import type { NativeConnection } from '@temporalio/worker';
import { searchAttributeKeys } from './search-attribute-keys.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const typeOf = {
  [searchAttributeKeys.dataset.name]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  [searchAttributeKeys.method.name]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  [searchAttributeKeys.backbone.name]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  [searchAttributeKeys.k.name]: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  [searchAttributeKeys.status.name]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  [searchAttributeKeys.auc.name]: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
};

const callLimitMs = 10_000;

/**
 * Makes sure that the server knows the search attributes of our runs, registering those that are missing.
 * @returns true where all are usable.
 * @throws where the server refuses, or knows one of the names with another type: runs then go without.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<boolean> {
  const before = await missing(connection, namespace);
  if (Object.keys(before).length === 0) return true;
  await within(connection, () =>
    connection.operatorService.addSearchAttributes({ namespace, searchAttributes: before }),
  );
  return Object.keys(await missing(connection, namespace)).length === 0;
}

async function missing(connection: NativeConnection, namespace: string): Promise<typeof typeOf> {
  const { customAttributes } = await within(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const left: typeof typeOf = {};
  for (const [name, type] of Object.entries(typeOf)) {
    const known = customAttributes[name];
    if (known === undefined || known === null) left[name] = type;
    else if (known !== type) {
      throw new Error(
        `search attribute ${name}: expected type ${IndexedValueType[type]}, got ${IndexedValueType[known]}`,
      );
    }
  }
  return left;
}

function within<T>(connection: NativeConnection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + callLimitMs, call);
}
