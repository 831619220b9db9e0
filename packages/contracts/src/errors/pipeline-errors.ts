import type { ErrorTable } from './error-table.ts';

export const pipelineErrors = {} as const satisfies ErrorTable;
