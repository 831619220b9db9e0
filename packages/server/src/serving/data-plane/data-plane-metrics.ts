import type { Clock } from '../../kernel/clock.ts';
import type { Meter } from '../../kernel/meter.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { aliveMs } from './data-plane-service.ts';
import { listEveryDataPlane } from './status-store.ts';

/** Model servers that reported lately, over all workspaces; their own numbers are at their own `/metrics`. */
export function meterDataPlanes(
  meter: Meter,
  deps: { readonly sql: SqlReader; readonly clock: Clock },
): void {
  const read = async () => {
    const seen = await listEveryDataPlane(deps.sql, deps.clock.now() - aliveMs);
    return seen.filter(({ status }) => status.leaving !== true);
  };
  meter.gauge(
    {
      name: 'esteira_data_planes',
      help: 'Model servers that reported lately, by what they said of themselves.',
      labels: ['state'],
    },
    async () => {
      const servers = await read();
      const ready = servers.filter(({ status }) => status.ready).length;
      return [
        { labels: { state: 'ready' }, value: ready },
        { labels: { state: 'not_ready' }, value: servers.length - ready },
      ];
    },
  );
  meter.gauge(
    {
      name: 'esteira_data_plane_unshipped_bytes',
      help: 'Bytes of prediction log that wait at model servers to be taken over, over all of them.',
      labels: [],
    },
    async () => {
      let bytes = 0;
      for (const { status } of await read()) bytes += status.spool.end - status.spool.acknowledged;
      return [{ labels: {}, value: bytes }];
    },
  );
}
