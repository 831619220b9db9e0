import type { ErrorTable } from './error-table.ts';

export const governanceErrors = {} as const satisfies ErrorTable;
