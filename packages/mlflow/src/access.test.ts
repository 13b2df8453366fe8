import { expect, test } from 'vitest';
import { mlflowAccess } from './access.ts';

test('an address stands without its last slash, and with the path below which the server is', () => {
  expect(mlflowAccess('http://127.0.0.1:5000/')).toEqual({
    address: 'http://127.0.0.1:5000',
    authorization: null,
  });
  expect(mlflowAccess('https://example.org/mlflow/')).toMatchObject({
    address: 'https://example.org/mlflow',
  });
});

test('name and password win over a token', () => {
  const token = { MLFLOW_TRACKING_TOKEN: 'abc' };
  const user = { MLFLOW_TRACKING_USERNAME: 'ada', MLFLOW_TRACKING_PASSWORD: 'pass' };
  const of = (credentials: object) => mlflowAccess('http://h', credentials);
  expect(of(token)).toMatchObject({ authorization: 'Bearer abc' });
  // printf ada:pass | base64
  expect(of({ ...token, ...user })).toMatchObject({ authorization: 'Basic YWRhOnBhc3M=' });
});

test('refuses all that is wrong at once, and never shows a password', () => {
  const found = mlflowAccess('http://ada:secret@host?x=1', { MLFLOW_TRACKING_USERNAME: 'ada' });
  expect('faults' in found && found.faults.map(({ path }) => path)).toEqual([
    'mlflow',
    'mlflow',
    'MLFLOW_TRACKING_PASSWORD',
  ]);
  expect(JSON.stringify(found)).not.toContain('secret');
  expect(mlflowAccess('databricks://me:secret@x')).toEqual({
    faults: [
      {
        path: 'mlflow',
        message: 'expected the address of an MLflow server, http://host:port, got one of databricks:',
      },
    ],
  });
  expect(mlflowAccess('nothing')).toMatchObject({ faults: [{ path: 'mlflow' }] });
});
