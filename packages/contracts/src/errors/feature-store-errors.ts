import type { ErrorTable } from './error-table.ts';

export const featureStoreErrors = {} as const satisfies ErrorTable;
