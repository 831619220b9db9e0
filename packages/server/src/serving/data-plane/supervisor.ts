import { join } from 'node:path';
import { serverFolders, stopLeftover } from '@esteira/model-server/stop-leftover';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { type ModelServerProcess, spawnModelServer } from './spawn-model-server.ts';

/** Keeps one model server per workspace running: a workspace's keys, models and predictions never share a process with another's. */
export interface Supervisor {
  /** Starts the workspace's model server unless it runs. Returns at once. */
  ensure(workspace: string): void;
  /** Where the workspace's model server listens; undefined while it does not. */
  urlOf(workspace: string): string | undefined;
  /** Stops all of them and waits. */
  stop(): Promise<void>;
  /** Ends all of them at once. */
  kill(): void;
}

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Private folder; each workspace gets one below it. */
  readonly directory: string;
  readonly host: string;
  /** Ports of the first workspace; the others take free ones. A gRPC port is left out where there is no gRPC. */
  readonly port: number;
  readonly grpcPort?: number | undefined;
  /** Lets go of the ports, where they were kept free until now. */
  readonly releasePorts?: () => Promise<void>;
  /** How many processes serve on the ports of a workspace: a number, or `auto`. One unless given. */
  readonly processes?: string | undefined;
  /** Where a model server on this machine reaches the control plane; asked when one starts. */
  readonly controlPlaneUrl: () => string;
  /** How long one may take to stop, in ms; 10,000 unless given. */
  readonly stopPatienceMs?: number;
  /** A token that may synchronise this workspace and nothing else. */
  readonly issueToken: (workspace: string) => Promise<string>;
  /** Further environment of the processes, for tests: intervals. */
  readonly environment?: Readonly<Record<string, string>>;
}

const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** A process that ran this long had started well, so the next failure begins with a short pause again. */
const healthyMs = 60_000;
const defaultStopPatienceMs = 10_000;

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const stopPatienceMs = deps.stopPatienceMs ?? defaultStopPatienceMs;
  const loops = new Map<string, Promise<void>>();
  const running = new Map<string, ModelServerProcess>();
  const addresses = new Map<string, string>();
  const stopping = new AbortController();
  let configuredPortOwner: string | undefined;

  async function keepRunning(workspace: string): Promise<void> {
    const directory = join(deps.directory, Buffer.from(workspace).toString('base64url'));
    let pauseMs = firstPauseMs;
    while (!stopping.signal.aborted) {
      const started = deps.clock.now();
      try {
        await stopLeftovers(directory);
        await runOnce(workspace, directory);
      } catch (error) {
        deps.logger.error({ err: error, workspace }, 'the model server could not be started');
      }
      if (stopping.signal.aborted) return;
      pauseMs =
        deps.clock.now() - started >= healthyMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2);
      deps.logger.warn({ workspace, pauseMs }, 'the model server ended and is started again');
      await pause(pauseMs, stopping.signal);
    }
  }

  async function runOnce(workspace: string, directory: string): Promise<void> {
    const token = await deps.issueToken(workspace);
    if (stopping.signal.aborted) return;
    configuredPortOwner ??= workspace;
    const owns = configuredPortOwner === workspace;
    if (owns) await deps.releasePorts?.();
    if (stopping.signal.aborted) return;
    const server = spawnModelServer({
      ESTEIRA_URL: deps.controlPlaneUrl(),
      ESTEIRA_TOKEN: token,
      ESTEIRA_MODEL_SERVER_DIR: directory,
      ESTEIRA_SERVING_HOST: deps.host,
      ESTEIRA_SERVING_PORT: String(owns ? deps.port : 0),
      ...(deps.processes === undefined ? {} : { ESTEIRA_SERVING_PROCESSES: deps.processes }),
      ...(deps.grpcPort === undefined ? {} : { ESTEIRA_SERVING_GRPC_PORT: String(owns ? deps.grpcPort : 0) }),
      ...deps.environment,
    });
    running.set(workspace, server);
    // A stop that came between the two lines above found nothing to stop.
    if (stopping.signal.aborted) void server.stop(stopPatienceMs);
    const address = await server.listening.catch(() => undefined);
    if (address !== undefined)
      deps.logger.info(
        { workspace, pid: server.pid, httpUrl: address.httpUrl },
        'the model server is listening',
      );
    if (address !== undefined) addresses.set(workspace, address.httpUrl);
    await server.ended;
    addresses.delete(workspace);
    running.delete(workspace);
  }

  /** A model server outlives a control plane that was killed; the new control plane starts its own in its place. */
  async function stopLeftovers(directory: string): Promise<void> {
    for (const place of serverFolders(directory)) {
      if (await stopLeftover(place, stopping.signal))
        deps.logger.info({ directory: place }, 'a model server of an earlier start was stopped');
    }
  }

  return {
    ensure(workspace) {
      if (loops.has(workspace) || stopping.signal.aborted) return;
      loops.set(workspace, keepRunning(workspace));
    },
    urlOf: (workspace) => addresses.get(workspace),
    async stop() {
      stopping.abort();
      for (const server of running.values()) void server.stop(stopPatienceMs);
      await Promise.all(loops.values());
    },
    kill() {
      stopping.abort();
      for (const server of running.values()) server.kill();
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
