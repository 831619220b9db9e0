import { importsApi, issuesApi, type LlmIssue } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import { importIssues } from './import-issues.ts';
import type { FoundIssue, IssueCondition } from './issue.ts';
import type { Issues, IssuesDeps } from './issues.ts';

/** Issues by the native API, and what moves them in. */
export function issueRoutes(issues: Issues, deps: IssuesDeps): readonly RouteBinding[] {
  return [
    bindRoute(issuesApi.listIssues, async ({ query }, { workspace }) => {
      const { experiment, status, severity, run, text, limit, cursor } = query;
      const { items, ...rest } = await issues.search(workspace, {
        experiments: experiment === undefined ? undefined : [experiment],
        conditions: [
          ...equals('status', status),
          ...equals('severity', severity),
          ...equals('sourceRunId', run),
        ],
        text: text?.trim() || undefined,
        countTraces: true,
        limit,
        cursor,
      });
      return { items: items.map(issueToWire), ...rest };
    }),
    bindRoute(issuesApi.createIssue, async ({ body }, context) => {
      const { experiment: experimentId, severity, ...words } = body;
      const issue = await issues.create(context, {
        ...words,
        experimentId,
        status: 'pending',
        ...(severity === undefined ? {} : { severity }),
        userName: context.actor.id,
      });
      return issueToWire({ ...issue, traces: 0 });
    }),
    bindRoute(issuesApi.getIssue, async ({ params: { id } }, { workspace }) => {
      const issue = await issues.find(workspace, id);
      return issueToWire({ ...issue, traces: await issues.countTraces(id) });
    }),
    bindRoute(issuesApi.changeIssue, async ({ params: { id }, body }, context) => {
      const issue = await issues.change(context, id, withoutUnsaid(body));
      return issueToWire({ ...issue, traces: await issues.countTraces(id) });
    }),
    bindRoute(issuesApi.deleteIssue, async ({ params }, context) => {
      await issues.delete(context, params.id);
      return {};
    }),
    bindRoute(issuesApi.linkIssue, async ({ params, body }, context) => {
      await issues.link(context, params.id, body);
      return {};
    }),
    bindRoute(issuesApi.unlinkIssue, async ({ params }, context) => {
      await issues.unlink(context, params.id, params.trace);
      return {};
    }),
    bindRoute(importsApi.issues, async ({ body }, context) => ({
      added: await importIssues(deps, context, body.items),
    })),
  ];
}

function equals(field: IssueCondition['field'], value: string | undefined): readonly IssueCondition[] {
  return value === undefined ? [] : [{ field, operator: '=', value }];
}

type Said<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** A key that is undefined is one that is not there. */
function withoutUnsaid<T extends object>(body: T): Said<T> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Said<T>;
}

function issueToWire({ userName, rootCauses, categories, ...issue }: FoundIssue): LlmIssue {
  return {
    ...issue,
    rootCauses: [...rootCauses],
    categories: [...categories],
    ...(userName === undefined ? {} : { foundBy: userName }),
  };
}
