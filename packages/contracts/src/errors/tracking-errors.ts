import type { ErrorTable } from './error-table.ts';

export const trackingErrors = {} as const satisfies ErrorTable;
