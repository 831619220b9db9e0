import type { ServingContract } from '@esteira/contracts';
import { openSecretFile } from './secret-file.ts';
import { readContract, sagemakerPort } from './serving-contract.ts';

/** How a model server is started. */
export interface ModelServerOptions {
  /** Where snapshot, bundles and spool live; private to this server. */
  readonly directory: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Absent: no gRPC. 0 takes a free port. */
  readonly grpcPort?: number;
  /** Absent: serves what is in the directory and keeps its predictions there. */
  readonly controlPlane?: { readonly url: string; readonly token: string };
  /** How long predictions wait so that more go in one shipment, in ms. */
  readonly shipPauseMs: number;
  readonly statusIntervalMs: number;
  /** How long requests that run may take to end when the server is to stop, in ms. */
  readonly drainMs: number;
  /** How far this machine's clock is ahead of that of the control plane, in ms; 0 unless given. */
  readonly clockOffsetMs?: number;
  /** PEM files; with them both protocols speak TLS, and a plain door for the control plane opens on loopback. */
  readonly tls?: {
    readonly certificate: string;
    readonly key: string;
    /** PEM file; callers must show a certificate that is signed by it, beside their key. */
    readonly clientCa?: string;
  };
  /** Opens `/metrics` to whoever shows what it answers. */
  readonly metricsToken?: () => string;
  /** Absent: whoever asks for predictions shows a key. */
  readonly contract?: ServingContract;
  /** One of several processes on the same ports; the first of them, number 0, has the folder of all as its own. */
  readonly fleet?: {
    readonly directory: string;
    readonly process: number;
    /** Descriptors of the sockets that all of them listen on, inherited from the process that keeps them. */
    readonly sockets: { readonly rest: readonly number[]; readonly grpc: readonly number[] };
    /** What it takes when it begins to serve, having been started with less; absent: what it has. */
    readonly priority?: number;
  };
  /** What the models of this process may hold together, in bytes; absent: what the machine has. */
  readonly modelMemoryBytes?: number;
  /** How long a model stays without a question, in ms; absent: always. */
  readonly modelIdleMs?: number;
  /** Remote models may be asked at loopback and private addresses, also by plain http. */
  readonly allowPrivateRemoteModels?: boolean;
  /** Absent: Python models find no interpreter, and are not served. */
  readonly python?: {
    /** Models may run with the rights of this process where the kernel has no sandbox. */
    readonly allowUnsandboxed: boolean;
    /** Where interpreters are found and packages come from: PATH, and the settings of pip, uv and proxies. */
    readonly environment: Readonly<Record<string, string | undefined>>;
  };
}

/** Reads the environment; throws an Error that names the variable. */
export function readServerOptions(
  environment: Readonly<Record<string, string | undefined>>,
): ModelServerOptions {
  const url = environment.ESTEIRA_URL;
  const token = environment.ESTEIRA_TOKEN;
  if ((url === undefined) !== (token === undefined))
    throw new Error('ESTEIRA_URL and ESTEIRA_TOKEN go together.');
  const certificate = environment.ESTEIRA_SERVING_TLS_CERT;
  const key = environment.ESTEIRA_SERVING_TLS_KEY;
  if ((certificate === undefined) !== (key === undefined))
    throw new Error('ESTEIRA_SERVING_TLS_CERT and ESTEIRA_SERVING_TLS_KEY go together.');
  const clientCa = environment.ESTEIRA_SERVING_TLS_CLIENT_CA;
  if (clientCa !== undefined && certificate === undefined)
    throw new Error('ESTEIRA_SERVING_TLS_CLIENT_CA goes with ESTEIRA_SERVING_TLS_CERT.');
  const metricsToken = readMetricsToken(environment);
  const fleetDirectory = environment.ESTEIRA_SERVING_FLEET_DIR;
  const priority = environment.ESTEIRA_SERVING_PRIORITY;
  const grpcPort = readNumber(environment, 'ESTEIRA_SERVING_GRPC_PORT', undefined);
  const host = environment.ESTEIRA_SERVING_HOST ?? '127.0.0.1';
  const contract = readContract(environment, host);
  const usualPort =
    contract === undefined ? 8081 : readNumber(environment, 'SAGEMAKER_BIND_TO_PORT', sagemakerPort);
  const memoryMb = readNumber(environment, 'ESTEIRA_MODEL_MEMORY_MB', undefined);
  const idleSeconds = readNumber(environment, 'ESTEIRA_MODEL_IDLE_SECONDS', undefined);
  const clockOffsetMs = Number(environment.ESTEIRA_CLOCK_OFFSET_MS ?? 0);
  if (!Number.isInteger(clockOffsetMs)) throw new Error('ESTEIRA_CLOCK_OFFSET_MS is not a whole number.');
  return {
    directory: environment.ESTEIRA_MODEL_SERVER_DIR ?? './model-server',
    host,
    port: readNumber(environment, 'ESTEIRA_SERVING_PORT', usualPort),
    shipPauseMs: readNumber(environment, 'ESTEIRA_SHIP_PAUSE_MS', 500),
    statusIntervalMs: readNumber(environment, 'ESTEIRA_STATUS_INTERVAL_MS', 2_000),
    drainMs: 1_000 * readNumber(environment, 'ESTEIRA_DRAIN_SECONDS', 20),
    clockOffsetMs,
    allowPrivateRemoteModels: environment.ESTEIRA_ALLOW_PRIVATE_REMOTE_MODELS === 'true',
    python: { allowUnsandboxed: environment.ESTEIRA_ALLOW_UNSANDBOXED_PYTHON === 'true', environment },
    ...(certificate === undefined || key === undefined
      ? {}
      : { tls: { certificate, key, ...(clientCa === undefined ? {} : { clientCa }) } }),
    ...(metricsToken === undefined ? {} : { metricsToken }),
    ...(contract === undefined ? {} : { contract }),
    ...(fleetDirectory === undefined
      ? {}
      : {
          fleet: {
            directory: fleetDirectory,
            process: readNumber(environment, 'ESTEIRA_SERVING_PROCESS', 0),
            sockets: {
              rest: readDescriptors(environment, 'ESTEIRA_SERVING_REST_SOCKETS'),
              grpc: readDescriptors(environment, 'ESTEIRA_SERVING_GRPC_SOCKETS'),
            },
            ...(priority === undefined ? {} : { priority: Number(priority) }),
          },
        }),
    ...(memoryMb === undefined ? {} : { modelMemoryBytes: memoryMb * 2 ** 20 }),
    ...(idleSeconds === undefined ? {} : { modelIdleMs: idleSeconds * 1_000 }),
    ...(grpcPort === undefined ? {} : { grpcPort }),
    ...(url === undefined || token === undefined ? {} : { controlPlane: { url, token } }),
  };
}

/**
 * How many processes serve: ESTEIRA_SERVING_PROCESSES as a number, or `auto` for one that becomes as many as there are
 * processors when there is work for them. One where the system cannot share a port, or nothing is said.
 */
export function readProcesses(
  environment: Readonly<Record<string, string | undefined>>,
  machine: { readonly processors: number; readonly platform: string },
): { readonly least: number; readonly most: number } {
  const text = environment.ESTEIRA_SERVING_PROCESSES ?? '1';
  if (text !== 'auto' && !/^[1-9][0-9]{0,2}$/.test(text))
    throw new Error(`ESTEIRA_SERVING_PROCESSES is neither auto nor a number from 1 to 999: ${text}`);
  if (machine.platform !== 'linux') return { least: 1, most: 1 };
  return text === 'auto'
    ? { least: 1, most: machine.processors }
    : { least: Number(text), most: Number(text) };
}

/** Of the variable itself, or of the file that another names; that one may be replaced. */
function readMetricsToken(
  environment: Readonly<Record<string, string | undefined>>,
): (() => string) | undefined {
  const { ESTEIRA_METRICS_TOKEN: token = '', ESTEIRA_METRICS_TOKEN_FILE: path = '' } = environment;
  if (token !== '') return () => token;
  return path === '' ? undefined : openSecretFile(path);
}

function readDescriptors(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): readonly number[] {
  return (environment[name] ?? '').split(',').filter(Boolean).map(Number);
}

function readNumber<T extends number | undefined>(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: T,
): number | T {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  if (!/^[0-9]{1,9}$/.test(text)) throw new Error(`${name} is not a number: ${text}`);
  return Number(text);
}
