import type { ErrorTable } from './error-table.ts';

export const modelServerErrors = {} as const satisfies ErrorTable;
