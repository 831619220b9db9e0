export { registerCleanUp } from './clean-up.ts';
export type { JobHandler, JobRun, Jobs } from './job.ts';
export { createJobQueue } from './job-queue.ts';
export { createJobsRoutes } from './jobs-routes.ts';
export { observeJobs } from './observed-jobs.ts';
export { createReplicaRoutes } from './replica-routes.ts';
