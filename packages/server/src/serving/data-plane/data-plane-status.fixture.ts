import type { DataPlaneStatus } from '@esteira/contracts';

/** What a model server tells of itself that serves nothing, but for what is given. */
export function makeStatus(source: string, given: Partial<DataPlaneStatus> = {}): DataPlaneStatus {
  return {
    source,
    boot: 'a',
    pid: 1,
    startedAt: 0,
    ready: true,
    httpUrl: 'http://127.0.0.1:1',
    grpcAddress: null,
    snapshotRevision: 1,
    memoryBytes: 0,
    cpuSeconds: 0,
    keys: [],
    spool: { end: 0, acknowledged: 0, writable: true },
    endpoints: [],
    ...given,
  };
}
