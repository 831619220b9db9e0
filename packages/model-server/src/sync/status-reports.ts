import { hostname } from 'node:os';
import type { DataPlaneStatus, ServingContract } from '@esteira/contracts';
import { stepTimesOf, sumOfRunners } from '../engine/endpoint-state.ts';
import type { PredictionSpool } from '../log/prediction-spool.ts';
import type { Access } from '../protocol/access.ts';
import type { Callers } from '../protocol/callers.ts';
import type { Traffic } from '../protocol/traffic.ts';
import type { ServedEndpoints } from './apply-snapshot.ts';
import type { ControlPlane } from './control-plane.ts';

export interface StatusReports {
  /** Reports now: something changed. */
  send(): void;
  /** Says a last time how it went, and that this server is no more. */
  leave(): Promise<void>;
  stop(): void;
}

/** Tells the control plane at intervals, and when something changed, what is served and how it goes. */
export function startStatusReports(deps: {
  readonly source: string;
  readonly boot: string;
  readonly httpUrl: string;
  readonly innerUrl?: string;
  readonly grpcAddress: string | undefined;
  readonly contract: ServingContract | undefined;
  readonly endpoints: ServedEndpoints;
  readonly access: Pick<Access, 'readUsed'>;
  readonly callers: Pick<Callers, 'read'>;
  readonly now: () => number;
  readonly spool: PredictionSpool;
  readonly ready: () => boolean;
  readonly revision: () => number;
  readonly traffic: Pick<Traffic, 'running'>;
  /** Share of the time that this process worked lately. */
  readonly utilization: () => number;
  readonly controlPlane: ControlPlane | undefined;
  readonly intervalMs: number;
}): StatusReports {
  const { controlPlane } = deps;
  if (controlPlane === undefined) return { send() {}, leave: async () => {}, stop() {} };
  const startedAt = Date.now();
  const untold = {
    keys: new Map<string, number>(),
    callers: new Map<string, readonly { day: string; caller: string }[]>(),
  };
  let sending: Promise<void> | undefined;
  let again = false;
  const timer = setInterval(send, deps.intervalMs);
  timer.unref();
  send();

  function send(): void {
    if (sending !== undefined) {
      again = true;
      return;
    }
    // That the control plane is away is told by the snapshot poll.
    const report = read();
    sending = tell(report).finally(() => {
      sending = undefined;
      if (again) send();
    });
    again = false;
  }

  async function tell(report: DataPlaneStatus): Promise<void> {
    try {
      await controlPlane?.status(report);
      forget(report);
    } catch {
      // The next report tells it all again.
    }
  }

  /** What one report has told need not be told again. */
  function forget(report: DataPlaneStatus): void {
    for (const { id, lastUsedAt } of report.keys)
      if (untold.keys.get(id) === lastUsedAt) untold.keys.delete(id);
    for (const { name, callers } of report.endpoints)
      untold.callers.set(name, untold.callers.get(name)?.slice(callers.length) ?? []);
  }

  function read(): DataPlaneStatus {
    const usage = process.cpuUsage();
    const problems = deps.endpoints.problems();
    const lastUsedAt = deps.now();
    for (const id of deps.access.readUsed()) untold.keys.set(id, lastUsedAt);
    for (const [endpoint, callers] of deps.callers.read())
      untold.callers.set(endpoint, [...(untold.callers.get(endpoint) ?? []), ...callers]);
    return {
      source: deps.source,
      boot: deps.boot,
      pid: process.pid,
      startedAt,
      ready: deps.ready(),
      httpUrl: deps.httpUrl,
      ...(deps.innerUrl === undefined ? {} : { innerUrl: deps.innerUrl }),
      grpcAddress: deps.grpcAddress ?? null,
      ...(deps.contract === undefined ? {} : { contract: deps.contract }),
      snapshotRevision: deps.revision(),
      memoryBytes: process.memoryUsage.rss(),
      cpuSeconds: (usage.user + usage.system) / 1e6,
      load: {
        machine: hostname(),
        utilization: deps.utilization(),
        running: deps.traffic.running(),
        waiting: deps.endpoints
          .all()
          .reduce((sum, state) => sum + sumOfRunners(state, (runner) => runner.waiting()), 0),
      },
      keys: [...untold.keys].map(([id, at]) => ({ id, lastUsedAt: at })),
      spool: {
        end: deps.spool.end(),
        acknowledged: deps.spool.acknowledged(),
        writable: deps.spool.writable(),
      },
      endpoints: deps.endpoints.all().map((state) => {
        const { name, revision } = state.document;
        const problem = problems.get(name);
        return {
          name,
          revision,
          wantedRevision: problem?.wantedRevision ?? revision,
          problem: problem?.problem ?? null,
          callers: [...(untold.callers.get(name) ?? [])],
          memoryBytes: sumOfRunners(state, (runner) => runner.memoryBytes()),
          standbyReady: [...deps.endpoints.standbyReady(name)],
          ...state.counters.read(),
          steps: stepTimesOf(state).map(({ bundle, ...time }) => ({
            modelVersionId: bundle.modelVersionId,
            ...time,
          })),
        };
      }),
    };
  }

  return {
    send,
    async leave() {
      clearInterval(timer);
      await sending;
      await tell({ ...read(), leaving: true });
    },
    stop: () => clearInterval(timer),
  };
}
