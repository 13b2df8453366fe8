import type { Fault } from '@ddad/contract';
import { z } from 'zod';

/** Who we are to an MLflow server, in MLflow's own variables; each best given as NAME_FILE. */
export const mlflowShape = {
  MLFLOW_TRACKING_TOKEN: z
    .string()
    .regex(/^[!-~]+$/, 'expected letters, digits and punctuation of ASCII without spaces')
    .optional(),
  MLFLOW_TRACKING_USERNAME: z.string().optional(),
  MLFLOW_TRACKING_PASSWORD: z.string().optional(),
};

/** Where an MLflow server is, and as whom to speak to it. */
export interface MlflowAccess {
  /** Without credentials and without a slash at its end: what may be shown. */
  address: string;
  /** Value of the header; null: none. A secret. */
  authorization: string | null;
}

/**
 * Reads a tracking URI and the credentials for it. Name and password win over a token, as in MLflow's own clients.
 * @param uri http:// or https://; what is not one is never shown, as it may hold a password
 */
export function mlflowAccess(
  uri: string,
  credentials: z.output<z.ZodObject<typeof mlflowShape>> = {},
): MlflowAccess | { faults: Fault[] } {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  const faults: Fault[] = [];
  const fault = (path: string, message: string) => faults.push({ path, message });
  const expected = 'expected the address of an MLflow server, http://host:port';
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    const scheme = url?.protocol ?? 'no address';
    fault('mlflow', `${expected}, got ${scheme === 'no address' ? scheme : `one of ${scheme}`}`);
  } else {
    if (url.username !== '' || url.password !== '')
      fault(
        'mlflow',
        `${expected}, got one with a name or password: they go into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD`,
      );
    if (url.search !== '' || url.hash !== '') fault('mlflow', `${expected}, got one with "?" or "#"`);
  }
  const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = credentials;
  if ((user === undefined) !== (password === undefined)) {
    const [set, missing] = user === undefined ? ['PASSWORD', 'USERNAME'] : ['USERNAME', 'PASSWORD'];
    fault(`MLFLOW_TRACKING_${missing}`, `expected it beside MLFLOW_TRACKING_${set}, got nothing`);
  }
  if (faults.length > 0 || url === null) return { faults };
  const token = credentials.MLFLOW_TRACKING_TOKEN;
  return {
    address: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    authorization:
      user !== undefined
        ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
        : token === undefined
          ? null
          : `Bearer ${token}`,
  };
}
