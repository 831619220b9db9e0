import type { RouteBinding } from '../kernel/route-binding.ts';
import { issueRoutes } from './issues/issue-routes.ts';
import { createIssues, type Issues, type IssuesDeps } from './issues/issues.ts';
import { tracesRoutes } from './traces/traces-routes.ts';
import { createTracesService, type TracesDeps, type TracesService } from './traces/traces-service.ts';

export {
  type FoundIssue,
  type Issue,
  type IssueCondition,
  issueSeverities,
  issueStatuses,
} from './issues/issue.ts';
export { purgeIssues } from './issues/issue-store.ts';
export type { Issues } from './issues/issues.ts';
export type { AssessmentChange } from './traces/assessments.ts';
export type { MetricAggregation } from './traces/metric-groups.ts';
export { purgeTraces } from './traces/purge-traces.ts';
export {
  type Attributes,
  attributeOf,
  type ReceivedSpan,
  type Span,
  type SpanEvent,
  type SpanLink,
  type SpanStatus,
  type SpanValue,
  spanKindNames,
} from './traces/span.ts';
export { ownAttributes } from './traces/span-facts.ts';
export type { StoredSpan } from './traces/span-store.ts';
export {
  type Assessment,
  type AssessmentError,
  type ToldTrace,
  traceStates,
} from './traces/trace.ts';
export type { TraceCondition, TraceOrder } from './traces/trace-condition.ts';
export type {
  MetricDimension,
  TraceMetric,
  TraceMetricPoint,
  TraceMetricQuery,
} from './traces/trace-metrics.ts';
export { findTraceOwner } from './traces/trace-owner.ts';
export { tracesRetention } from './traces/traces-retention.ts';
export type { TraceHead, TracesService } from './traces/traces-service.ts';

export interface Llm {
  readonly traces: TracesService;
  readonly issues: Issues;
  readonly routes: readonly RouteBinding[];
}

/** The room llm. */
export function createLlm(deps: TracesDeps & IssuesDeps): Llm {
  const traces = createTracesService(deps);
  const issues = createIssues(deps);
  return { traces, issues, routes: [...tracesRoutes(traces), ...issueRoutes(issues, deps)] };
}
