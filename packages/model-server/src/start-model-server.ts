import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInference } from './engine/inference.ts';
import { openPredictionSpool } from './log/prediction-spool.ts';
import { startSpoolShipper } from './log/spool-shipper.ts';
import { createAccess } from './protocol/access.ts';
import { startGrpcServer } from './protocol/grpc/grpc-server.ts';
import { createRestServer, type RestDeps } from './protocol/rest/rest-server.ts';
import type { ModelServerOptions } from './server-options.ts';
import { createServedEndpoints } from './sync/apply-snapshot.ts';
import { openBundleCache } from './sync/bundle-cache.ts';
import { createControlPlane } from './sync/control-plane.ts';
import { startSnapshotSync } from './sync/snapshot-sync.ts';
import { startStatusReports } from './sync/status-reports.ts';

export interface ServerLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface RunningModelServer {
  readonly boot: string;
  readonly httpUrl: string;
  readonly grpcAddress: string | undefined;
  /** Stops taking requests, ships what is spooled (at most for `drainMs`), and closes. */
  stop(drainMs: number): Promise<void>;
}

/** Starts the data plane: endpoints from the snapshot on disk at once, then those of the control plane. */
export async function startModelServer(
  options: ModelServerOptions,
  log: ServerLog,
): Promise<RunningModelServer> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const source = readSource(options.directory);
  const boot = randomUUID();
  const controlPlane = options.controlPlane && createControlPlane({ ...options.controlPlane, source });
  const spool = openPredictionSpool({
    directory: join(options.directory, 'spool'),
    onProblem: (error) =>
      log.error({ error }, 'The prediction log cannot be written; the server is not ready'),
  });
  const access = createAccess({ now: Date.now });
  const fetchFile = controlPlane?.bundleFile;
  const endpoints = createServedEndpoints({
    bundles: openBundleCache(join(options.directory, 'bundles'), fetchFile),
    access,
    onProblem: ({ endpoint, error }) =>
      log.error({ endpoint, error }, 'An endpoint could not be brought to its new revision'),
  });
  const newId = (): string => `pr_${randomBytes(12).toString('hex')}`;
  const inference = createInference({
    spool,
    boot,
    now: Date.now,
    newId,
    random: Math.random,
    onProblem: (problem) => log.warn(problem, 'A model failed to answer'),
  });
  let reports: ReturnType<typeof startStatusReports> | undefined;
  const sync = await startSnapshotSync({
    directory: options.directory,
    endpoints,
    controlPlane,
    onApplied: () => reports?.send(),
    onProblem: (error) =>
      log.warn({ error }, 'The control plane cannot be reached; serving goes on with the last snapshot'),
  });
  const ready = (): boolean => sync.revision() >= 0 && spool.writable();
  const doors: RestDeps = {
    access,
    endpoints,
    inference,
    ready,
    boot,
    newId,
    onError: (problem) => log.error(problem, 'A request failed'),
  };
  const server = createRestServer(doors);
  const httpUrl = await listen(server, options.host, options.port);
  const grpc =
    options.grpcPort === undefined ? undefined : await startGrpcServer(doors, options.host, options.grpcPort);
  const grpcAddress = grpc?.address;
  reports = startStatusReports({
    source,
    boot,
    httpUrl,
    grpcAddress,
    endpoints,
    spool,
    ready,
    controlPlane,
    revision: sync.revision,
    intervalMs: options.statusIntervalMs,
  });
  const shipper =
    controlPlane === undefined
      ? undefined
      : startSpoolShipper({
          spool,
          send: (offset, lines) => controlPlane.predictions(source, offset, lines),
          pauseMs: options.shipPauseMs,
          onProblem: (error) => log.warn({ error }, 'Predictions cannot be shipped; they wait in the spool'),
        });
  const marker = join(options.directory, 'server.json');
  writeFileSync(marker, JSON.stringify({ pid: process.pid, boot, httpUrl }), { mode: 0o600 });
  log.info({ httpUrl, grpcAddress, boot }, 'The model server is listening');

  return {
    boot,
    httpUrl,
    grpcAddress,
    async stop(drainMs) {
      sync.stop();
      await grpc?.stop(Math.min(drainMs, 2_000));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), Math.min(drainMs, 2_000)).unref();
      });
      if (!(await (shipper?.drain(drainMs) ?? true)))
        log.warn({}, 'Predictions stay in the spool until the next start');
      shipper?.stop();
      reports?.stop();
      await endpoints.close();
      spool.close();
      rmSync(marker, { force: true });
    },
  };
}

/** The lasting name of this server's spool: offsets are counted by it. */
function readSource(directory: string): string {
  const path = join(directory, 'source');
  if (existsSync(path) && existsSync(join(directory, 'spool'))) return readFileSync(path, 'utf8');
  const source = randomUUID();
  writeFileSync(path, source, { mode: 0o600 });
  return source;
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
