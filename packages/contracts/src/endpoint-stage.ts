import { z } from 'zod';

export const EndpointStage = z.enum(['development', 'staging', 'production']);
export type EndpointStage = z.infer<typeof EndpointStage>;
