import type { ErrorTable } from './error-table.ts';

export const servingErrors = {} as const satisfies ErrorTable;
