import { EsteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import { MlflowError } from '../mlflow-error.ts';
import { type Call, type Rpc, rpc } from '../rpc.ts';

/** A call of the registry: what is not there is told in the words that clients look for. */
export function registryRpc(call: Omit<Rpc, 'version'>): readonly WireRoute[] {
  return rpc({ ...call, version: '2.0', retell: toldAsMlflow });
}

export function modelNotFound(name: string): MlflowError {
  return new MlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
}

export function versionNotFound(name: string, version: string | number): MlflowError {
  return new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Model Version (name=${name}, version=${version}) not found`,
  );
}

function toldAsMlflow(error: unknown, { fields }: Call): unknown {
  if (!(error instanceof EsteiraError)) return error;
  const { name } = error.details;
  if (error.code === 'MODEL_NOT_FOUND') return modelNotFound(String(name));
  if (error.code === 'MODEL_VERSION_NOT_FOUND')
    return versionNotFound(String(fields.raw('name')), String(fields.raw('version')));
  if (error.code === 'MODEL_NAME_TAKEN') {
    return new MlflowError('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
  }
  return error;
}
