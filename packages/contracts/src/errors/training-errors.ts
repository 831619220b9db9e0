import type { ErrorTable } from './error-table.ts';

export const trainingErrors = {} as const satisfies ErrorTable;
