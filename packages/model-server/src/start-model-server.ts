import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createInference } from './engine/inference.ts';
import { createModelResidence } from './engine/model-residence.ts';
import { createPredictionIds } from './engine/prediction-ids.ts';
import { openRuntimeArchive } from './engine/runtime-archive.ts';
import { readFleetCounts } from './fleet/fleet-counts.ts';
import type { Connections } from './fleet/fleet-words.ts';
import { setPriorityOfThreads } from './fleet/thread-priority.ts';
import { createKeyLimits } from './limits/key-limits.ts';
import { openPredictionSpool } from './log/prediction-spool.ts';
import { startSpoolShipper } from './log/spool-shipper.ts';
import { readFleetMetrics } from './metrics/fleet-metrics.ts';
import { readServerMetrics } from './metrics/server-metrics.ts';
import { createUtilizationMeter } from './metrics/utilization-meter.ts';
import { createAccess } from './protocol/access.ts';
import { createCallers } from './protocol/callers.ts';
import { closeConnections } from './protocol/close-connections.ts';
import { startGrpcServer } from './protocol/grpc/grpc-server.ts';
import { countConnections, listenOnSockets } from './protocol/listen-on-sockets.ts';
import { createRestServer, type RestDeps, type TlsFiles } from './protocol/rest/rest-server.ts';
import { createScrapeAccess } from './protocol/scrape-access.ts';
import { createTraffic, type Traffic } from './protocol/traffic.ts';
import { createPythonModels } from './python/python-models.ts';
import type { ModelServerOptions } from './server-options.ts';
import { createServedEndpoints, type ServedEndpoints } from './sync/apply-snapshot.ts';
import { openBundleCache } from './sync/bundle-cache.ts';
import { type ControlPlane, createControlPlane } from './sync/control-plane.ts';
import { createControlPlaneAddresses } from './sync/control-plane-addresses.ts';
import { createEntityFeatures } from './sync/entity-features.ts';
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
  /** Where a process of this machine asks, without TLS. */
  readonly innerUrl: string;
  readonly grpcAddress: string | undefined;
  /** Open connections of clients. */
  connections(): Promise<Connections>;
  /**
   * Parts with that many connections, so that their clients come again: with one of REST by its next answer (RFC 9112, section
   * 9.6), with one of gRPC once its calls have ended. No request fails because of it.
   */
  shed(connections: Connections): void;
  /**
   * Ends in order: readiness says no, requests still work until nobody asks for a moment, those that run are answered, what
   * is spooled is shipped. Requests may take the `drainMs` of the options.
   */
  stop(): Promise<void>;
}

/** Without a request for this long, whoever balances the load has turned away. */
const quietMs = 500;
const shipPatienceMs = 5_000;

/** Starts the data plane: endpoints from the snapshot on disk at once, then those of the control plane. */
export async function startModelServer(
  options: ModelServerOptions,
  log: ServerLog,
): Promise<RunningModelServer> {
  const tls = options.tls && readTls(options.tls);
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const source = readSource(options.directory);
  const boot = randomUUID();
  const keeper = options.fleet === undefined ? undefined : process.ppid;
  const bootToken = randomBytes(24).toString('base64url');
  const controlPlane = options.controlPlane && followControlPlane(options.controlPlane, source, log);
  const spool = openPredictionSpool({
    directory: join(options.directory, 'spool'),
    onProblem: (error) =>
      log.error({ error }, 'The prediction log cannot be written; the server is not ready'),
  });
  const shared =
    controlPlane &&
    createKeyLimits({
      controlPlane,
      directory: options.directory,
      onProblem: (error) =>
        log.warn({ error }, 'Limits cannot be shared; this server keeps to its own part of them'),
    });
  // Predictions are told apart by time, on every machine by the same.
  const now = () => Date.now() - (options.clockOffsetMs ?? 0);
  const access = createAccess({ now, shared });
  const callers = createCallers({ now });
  const fetchFile = controlPlane?.bundleFile;
  // What the first process has fetched, the others need not fetch again.
  const kept = options.fleet?.process ? options.fleet.directory : undefined;
  const stopping = new AbortController();
  const endpoints = createServedEndpoints({
    bundles: openBundleCache(join(options.directory, 'bundles'), fetchFile, kept && join(kept, 'bundles')),
    archive: openRuntimeArchive(join(kept ?? options.directory, 'runtime-archive')),
    python: createPythonModels({
      folders: join(options.directory, 'python', 'models'),
      environments: join(kept ?? options.directory, 'python', 'environments'),
      host: options.python?.environment ?? {},
      allowUnsandboxed: options.python?.allowUnsandboxed ?? false,
      onOutput: (said) => log.info(said, 'A Python model said'),
      signal: stopping.signal,
    }),
    residence: createModelResidence(
      { memoryBytes: options.modelMemoryBytes, idleMs: options.modelIdleMs },
      () => performance.now(),
    ),
    remoteRules: { allowPrivate: options.allowPrivateRemoteModels ?? false },
    access,
    onProblem: ({ endpoint, error }) =>
      log.error({ endpoint, error }, 'An endpoint could not be brought to its new revision'),
  });
  const newId = createPredictionIds();
  const inference = createInference({
    spool,
    boot,
    now,
    newId,
    random: Math.random,
    onProblem: (problem) => log.warn(problem, 'A model failed to answer'),
  });
  let reports: ReturnType<typeof startStatusReports> | undefined;
  const sync = await startSnapshotSync({
    directory: options.directory,
    ...(kept === undefined ? {} : { elsewhere: kept }),
    endpoints,
    controlPlane,
    onApplied: () => reports?.send(),
    onProblem: (error) =>
      log.warn({ error }, 'The control plane cannot be reached; serving goes on with the last snapshot'),
  });
  if (options.contract !== undefined && sync.revision() >= 0 && endpoints.all().length !== 1) {
    sync.stop();
    spool.close();
    const found = endpoints.all().length;
    throw new Error(
      `The contract ${options.contract} is of one endpoint; this server has ${found} to serve.`,
    );
  }
  let ending = false;
  let turnedAway = false;
  let toShed = 0;
  const shedOne = (): boolean => {
    if (toShed === 0) return false;
    toShed -= 1;
    return true;
  };
  const startedAt = Date.now();
  const utilization = createUtilizationMeter();
  const traffic = createTraffic();
  const { revision } = sync;
  const { contract } = options;
  const ready = (): boolean =>
    !ending && revision() >= 0 && spool.writable() && (contract === undefined || isAlone(endpoints));
  const { metricsToken } = options;
  const ownCounts = () =>
    Object.fromEntries(
      endpoints.all().map(({ document, counters }) => [document.name, counters.read().arms] as const),
    );
  const doors: RestDeps = {
    access,
    endpoints,
    inference,
    ready,
    ...(contract === undefined ? {} : { contract }),
    ...(controlPlane === undefined ? {} : { features: createEntityFeatures(controlPlane) }),
    counts: async () =>
      options.fleet === undefined ? ownCounts() : readFleetCounts(options.fleet.directory, boot, ownCounts()),
    turnedAway: () => turnedAway,
    traffic,
    callers,
    ...(metricsToken === undefined
      ? {}
      : {
          metrics: {
            access: createScrapeAccess({ token: metricsToken, monotonic: () => performance.now() }),
            read: metricsReader(options, boot, () =>
              readServerMetrics({
                endpoints,
                spool,
                traffic,
                ready,
                revision,
                startedAt,
                utilization: utilization.read,
                longestDelay: utilization.longestDelay,
                process: options.fleet?.process,
              }),
            ),
          },
        }),
    boot: {
      identity: () => ({
        boot,
        pid: process.pid,
        keeper: keeper === process.ppid ? keeper : null,
        counts: ownCounts(),
      }),
      access: createScrapeAccess({ token: () => bootToken, monotonic: () => performance.now() }),
    },
    newId,
    onError: (problem) => log.error(problem, 'A request failed'),
  };
  const server = createRestServer({ ...doors, turnedAway: () => shedOne() || turnedAway }, tls);
  const { host, port, grpcPort, fleet } = options;
  // Those that wait for an answer come before the start; from here on this process is one of those that answer.
  if (fleet?.priority !== undefined) setPriorityOfThreads(process.pid, fleet.priority);
  const listeners = await listenOnSockets(
    server,
    fleet === undefined ? { host, port } : { descriptors: fleet.sockets.rest },
  );
  const httpUrl = addressOf(server, tls === undefined ? 'http' : 'https');
  // The control plane of this machine need neither trust the certificate nor use the name it was made for; and where several
  // processes share a port, each has a door of its own.
  const innerDoor = tls === undefined && fleet === undefined ? undefined : createRestServer(doors);
  if (innerDoor !== undefined) await listenOnSockets(innerDoor, { host: '127.0.0.1', port: 0 });
  const innerUrl = innerDoor === undefined ? httpUrl : addressOf(innerDoor, 'http');
  const grpc =
    grpcPort === undefined
      ? undefined
      : await startGrpcServer(
          doors,
          host,
          fleet === undefined ? { host, port: grpcPort } : { descriptors: fleet.sockets.grpc },
          tls,
        );
  const grpcAddress = grpc?.address;
  reports = startStatusReports({
    source,
    boot,
    httpUrl,
    ...(innerDoor === undefined ? {} : { innerUrl }),
    grpcAddress,
    contract,
    endpoints,
    access,
    callers,
    now,
    spool,
    ready,
    traffic,
    utilization: utilization.read,
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
  const identity = { pid: process.pid, boot, bootToken, httpUrl: innerUrl };
  // Others read it at any time.
  writeFileSync(`${marker}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${marker}.new`, marker);
  log.info({ httpUrl, grpcAddress, boot }, 'The model server is listening');

  return {
    boot,
    httpUrl,
    innerUrl,
    grpcAddress,
    connections: async () => ({
      rest: await countConnections([server, ...listeners]),
      grpc: grpc?.connections() ?? 0,
    }),
    shed(connections) {
      toShed = connections.rest;
      grpc?.shed(connections.grpc);
    },
    async stop() {
      ending = true;
      sync.stop();
      reports?.send();
      const began = performance.now();
      const busy = await quiet(traffic, options.drainMs / 2);
      const patienceMs = Math.max(0, options.drainMs - (performance.now() - began));
      const servers = innerDoor === undefined ? [server] : [server, innerDoor];
      await Promise.all([
        grpc?.stop(patienceMs),
        closeConnections(servers, {
          patienceMs,
          busy,
          listeners,
          monotonic: () => performance.now(),
          onTurnedAway: () => {
            turnedAway = true;
          },
        }),
      ]);
      await shared?.stop();
      const shipped = await (shipper?.drain(shipPatienceMs) ?? true);
      if (shipped) await reports?.leave();
      else log.warn({}, 'Predictions stay in the spool until the next start');
      shipper?.stop();
      reports?.stop();
      utilization.stop();
      stopping.abort();
      await endpoints.close();
      spool.close();
      rmSync(marker, { force: true });
    },
  };
}

function followControlPlane(
  { url, token }: NonNullable<ModelServerOptions['controlPlane']>,
  source: string,
  log: ServerLog,
): ControlPlane {
  const onMoved = (to: string) => log.warn({ url: to }, 'The control plane is asked at another address');
  const addresses = createControlPlaneAddresses({ own: url, host: hostname(), onMoved });
  return createControlPlane({ addresses, token, source });
}

/** Waits until nobody has asked for a moment; true when somebody still does after `patienceMs`. */
async function quiet(traffic: Traffic, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (traffic.running() > 0 || performance.now() - traffic.lastCame() < quietMs) {
    if (performance.now() >= deadline) return true;
    await pause(20);
  }
  return false;
}

/** One endpoint with a model that answers: what a contract without names and keys is about. */
function isAlone(endpoints: ServedEndpoints): boolean {
  const [only, second] = endpoints.all();
  return only !== undefined && second === undefined && only.arms.length > 0;
}

/** Throws an Error that names the files when they cannot be read. */
function readTls(files: NonNullable<ModelServerOptions['tls']>): TlsFiles {
  const own = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
  if (files.clientCa === undefined) return own;
  return { ...own, ca: readFileSync(files.clientCa), requestCert: true, rejectUnauthorized: true };
}

/** The lasting name of this server's spool: offsets are counted by it. */
function readSource(directory: string): string {
  const path = join(directory, 'source');
  if (existsSync(path) && existsSync(join(directory, 'spool'))) return readFileSync(path, 'utf8');
  const source = randomUUID();
  writeFileSync(path, source, { mode: 0o600 });
  return source;
}

function addressOf(server: Server, scheme: 'http' | 'https'): string {
  const bound = server.address() as AddressInfo;
  return `${scheme}://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/** The metrics of all processes that share the port, as whoever scrapes it cannot choose one of them. */
function metricsReader(
  { fleet, metricsToken }: ModelServerOptions,
  boot: string,
  readOwn: () => string,
): (ownOnly: boolean) => string | Promise<string> {
  if (fleet === undefined || metricsToken === undefined) return readOwn;
  return (ownOnly) =>
    ownOnly ? readOwn() : readFleetMetrics(fleet.directory, boot, metricsToken(), readOwn());
}
