import type { Meter } from '../../kernel/meter.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { countUnsealed } from './audit-store.ts';

/** Rows that wait for their place in the Merkle log; more than a second's worth means that nobody seals. */
export function meterAuditLog(meter: Meter, sql: SqlReader): void {
  meter.gauge(
    {
      name: 'esteira_audit_unsealed_entries',
      help: 'Audit rows that are not part of the Merkle log yet.',
      labels: [],
    },
    async () => [{ labels: {}, value: await countUnsealed(sql) }],
  );
}
