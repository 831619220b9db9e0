import type { ErrorTable } from './error-table.ts';

export const projectErrors = {} as const satisfies ErrorTable;
