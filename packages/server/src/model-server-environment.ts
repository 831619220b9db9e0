import { resolve } from 'node:path';
import type { Config } from '@esteira/contracts';
import type { Environment } from './kernel/environment.ts';

/** What a model server that this process starts is told: the keys of the configuration that both planes obey. */
export function modelServerEnvironment(
  config: Config,
  environment: Environment,
  clockOffsetMs: number,
): Record<string, string> {
  return {
    ESTEIRA_LOG_LEVEL: config.logLevel,
    ESTEIRA_DRAIN_SECONDS: String(config.drainSeconds),
    ESTEIRA_CLOCK_OFFSET_MS: String(clockOffsetMs),
    ...metricsToken(config, environment),
    ...given('ESTEIRA_MODEL_MEMORY_MB', config.modelMemoryMb),
    ...given('ESTEIRA_MODEL_IDLE_SECONDS', config.modelIdleSeconds),
    ...(config.allowPrivateRemoteModels ? { ESTEIRA_ALLOW_PRIVATE_REMOTE_MODELS: 'true' } : {}),
    ...(config.allowUnsandboxedPython ? { ESTEIRA_ALLOW_UNSANDBOXED_PYTHON: 'true' } : {}),
    ...certificate(config),
  };
}

function given(variable: string, value: number | undefined): Record<string, string> {
  return value === undefined ? {} : { [variable]: String(value) };
}

/** The file itself where there is one: it may be replaced. */
function metricsToken(
  { metricsToken: token }: Config,
  { ESTEIRA_METRICS_TOKEN_FILE: path = '' }: Environment,
): Record<string, string> {
  if (token === undefined) return {};
  return path === '' ? { ESTEIRA_METRICS_TOKEN: token } : { ESTEIRA_METRICS_TOKEN_FILE: resolve(path) };
}

function certificate({ tlsCert, tlsKey, clientCa }: Config): Record<string, string> {
  if (tlsCert === undefined || tlsKey === undefined) return {};
  return {
    ESTEIRA_SERVING_TLS_CERT: resolve(tlsCert),
    ESTEIRA_SERVING_TLS_KEY: resolve(tlsKey),
    ...(clientCa === undefined ? {} : { ESTEIRA_SERVING_TLS_CLIENT_CA: resolve(clientCa) }),
  };
}
