export type { EnqueueOptions, Job, JobHandler, JobRun, JobState, Jobs } from './job.ts';
export { createJobQueue, type JobQueueDeps } from './job-queue.ts';
export { createJobsRoutes } from './jobs-routes.ts';
