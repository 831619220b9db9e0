import { AsyncLocalStorage } from 'node:async_hooks';

/** What the process is at work on when it writes a log line. */
interface Activity {
  readonly requestId: string;
  /** Set while a job runs; `requestId` is then that of whoever enqueued it. */
  readonly job?: string;
}

const activities = new AsyncLocalStorage<Activity | undefined>();

/** Runs work, and all it starts, as part of an activity; `undefined` detaches it from the one it was started in. */
export function withinActivity<R>(activity: Activity | undefined, work: () => R): R {
  return activities.run(activity, work);
}

export function currentActivity(): Activity | undefined {
  return activities.getStore();
}
