import type { ErrorTable } from './error-table.ts';

export const monitoringErrors = {} as const satisfies ErrorTable;
