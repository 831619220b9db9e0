import type { DataPlaneStatus, ScalingSignal, ScalingTargets } from '@esteira/contracts';

/** What is within a tenth of its target is left as it is, so that machines do not come and go with every wave. */
const tolerance = 0.1;

/**
 * How many machines the work of now asks for: as many more as the one of utilization, concurrency and queue that is furthest
 * above its target, `ceil(replicas * measured / target)` (the algorithm of the Kubernetes HorizontalPodAutoscaler, tolerance
 * included). Each machine is a replica, whatever the number of its processes. Without one that lives it is the minimum.
 */
export function scalingSignal(servers: readonly DataPlaneStatus[], targets: ScalingTargets): ScalingSignal {
  const loads = servers.map(({ load }) => load).filter((load) => load !== undefined);
  const replicas = new Set(loads.map(({ machine }) => machine)).size;
  const sum = (read: (load: (typeof loads)[number]) => number) =>
    loads.reduce((total, load) => total + read(load), 0);
  const utilization = loads.length === 0 ? 0 : sum((load) => load.utilization) / loads.length;
  const running = sum((load) => load.running);
  const waiting = sum((load) => load.waiting);
  const ratios = {
    utilization: utilization / targets.utilization,
    concurrency: replicas === 0 ? 0 : running / (replicas * targets.concurrency),
    queue: replicas === 0 ? 0 : waiting / (replicas * targets.queue),
  };
  const ratio = Math.max(ratios.utilization, ratios.concurrency, ratios.queue);
  const asked = Math.abs(ratio - 1) <= tolerance ? replicas : Math.ceil(replicas * ratio);
  const desiredReplicas = Math.min(targets.maximum, Math.max(targets.minimum, asked));
  const because = (Object.keys(ratios) as (keyof typeof ratios)[]).find((name) => ratios[name] === ratio);
  return {
    desiredReplicas,
    replicas,
    processes: loads.length,
    utilization,
    running,
    waiting,
    because: desiredReplicas === asked ? (because ?? 'utilization') : 'bounds',
  };
}
