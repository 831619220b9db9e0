import type { ErrorTable } from './error-table.ts';

export const datasetErrors = {} as const satisfies ErrorTable;
