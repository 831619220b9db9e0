import type { ErrorTable } from './error-table.ts';

export const registryErrors = {} as const satisfies ErrorTable;
