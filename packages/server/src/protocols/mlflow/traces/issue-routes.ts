import { type FilterGrammar, parseFilter } from '@esteira/contracts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import {
  type FoundIssue,
  type Issue,
  type IssueCondition,
  type Issues,
  issueSeverities,
  issueStatuses,
} from '../../../llm/index.ts';
import type { ExperimentIds } from '../../experiment-ids.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { experimentIdOf, readExperimentNumber } from '../tracking/experiment-of.ts';

export interface IssueWireDeps {
  readonly issues: Issues;
  readonly experimentIds: ExperimentIds;
}

const all = '/mlflow/issues';
const one = `${all}/:issue_id`;
const version = '3.0';
const longestName = 250;
const foundByDefault = 100;
const mostFound = 50_000;

/** What goes wrong with programs: `issues.proto`. The server looks for none itself. */
export function issueRoutes({ issues, experimentIds }: IssueWireDeps): readonly WireRoute[] {
  async function messages(workspace: string, found: readonly (Issue | FoundIssue)[]) {
    const wireIds = await experimentIds.wireIds(
      workspace,
      found.map(({ experimentId }) => experimentId),
    );
    return found.map((issue) => messageOf(issue, wireIds.get(issue.experimentId) ?? issue.experimentId));
  }

  async function answerWith(workspace: string, issue: Issue) {
    const [message] = await messages(workspace, [issue]);
    return { issue: message };
  }

  return [
    ...rpc({
      method: 'POST',
      version,
      path: all,
      access: 'traces:write',
      async answer({ fields, context }) {
        const name = readName(fields, fields.text('name'));
        const description = fields.text('description');
        const wireId = experimentIdOf(fields);
        readExperimentNumber(wireId);
        const status = fields.optionalChoice('status', issueStatuses) ?? 'pending';
        const severity = fields.optionalChoice('severity', issueSeverities);
        const sourceRunId = fields.optionalText('source_run_id') || undefined;
        const userName = fields.optionalText('created_by') || undefined;
        const told = { rootCauses: fields.texts('root_causes'), categories: fields.texts('categories') };
        const experiment = await experimentIds.find(context, wireId);
        const issue = await issues.create(context, {
          experimentId: experiment.id,
          name,
          description,
          status,
          ...told,
          ...(severity === undefined ? {} : { severity }),
          ...(sourceRunId === undefined ? {} : { sourceRunId }),
          ...(userName === undefined ? {} : { userName }),
        });
        return await answerWith(context.workspace, issue);
      },
    }),
    ...rpc({
      method: 'GET',
      version,
      path: one,
      access: 'traces:read',
      answer: async ({ fields, context: { workspace } }) =>
        await answerWith(workspace, await issues.find(workspace, fields.text('issue_id'))),
    }),
    ...rpc({
      method: 'PATCH',
      version,
      path: one,
      access: 'traces:write',
      async answer({ fields, context }) {
        // Empty words are as good as none: the client cannot tell them apart.
        const name = fields.optionalText('name') || undefined;
        const description = fields.optionalText('description') || undefined;
        const status = fields.optionalChoice('status', issueStatuses);
        const severity = fields.optionalChoice('severity', issueSeverities);
        const issue = await issues.change(context, fields.text('issue_id'), {
          ...(name === undefined ? {} : { name: readName(fields, name) }),
          ...(description === undefined ? {} : { description }),
          ...(status === undefined ? {} : { status }),
          ...(severity === undefined ? {} : { severity }),
        });
        return await answerWith(context.workspace, issue);
      },
    }),
    ...rpc({
      method: 'POST',
      version,
      path: `${all}/search`,
      access: 'traces:read',
      async answer({ fields, context }) {
        const limit = fields.optionalInteger('max_results') ?? foundByDefault;
        if (limit < 1 || limit > mostFound)
          throw fields.refuse('max_results', `It must be at least 1 and at most ${mostFound}`);
        const wireId = fields.has('experiment_id') ? experimentIdOf(fields) : undefined;
        if (wireId !== undefined) readExperimentNumber(wireId);
        const countTraces = fields.optionalFlag('include_trace_count') ?? false;
        const { items, nextCursor } = await issues.search(context.workspace, {
          experiments: wireId === undefined ? undefined : await experimentIds.idsOf(context, [wireId]),
          conditions: readConditions(fields.optionalText('filter_string') ?? ''),
          countTraces,
          limit,
          cursor: fields.optionalText('page_token') || undefined,
        });
        const found = await messages(context.workspace, items);
        return {
          issues: countTraces
            ? found.map((message, index) => ({ ...message, trace_count: items[index]?.traces ?? 0 }))
            : found,
          next_page_token: nextCursor ?? '',
        };
      },
    }),
  ];
}

function readName(fields: Fields, name: string): string {
  if (name.length > longestName) throw fields.refuse('name', `it is longer than ${longestName} characters`);
  return name;
}

const filterFields: Readonly<Record<string, IssueCondition['field']>> = {
  status: 'status',
  source_run_id: 'sourceRunId',
};

const grammar: FilterGrammar<IssueCondition['field']> = {
  field(name, prefix) {
    const field = prefix === undefined && Object.hasOwn(filterFields, name) ? filterFields[name] : undefined;
    return field === undefined
      ? `Invalid filter field '${name}'. Supported fields: ${Object.keys(filterFields).join(', ')}`
      : { field, type: 'text', operators: ['=', '!='] };
  },
  refuse: (problem) => invalidParameter(`Invalid filter: ${problem}.`),
};

function readConditions(filter: string): readonly IssueCondition[] {
  return parseFilter(filter, grammar).map(({ field, operator, value }) => ({
    field,
    operator: operator === '=' ? '=' : '!=',
    value: String(value),
  }));
}

function messageOf(issue: Issue, experimentId: string) {
  return {
    issue_id: issue.id,
    experiment_id: experimentId,
    name: issue.name,
    description: issue.description,
    status: issue.status,
    ...(issue.severity === undefined ? {} : { severity: issue.severity }),
    ...(issue.rootCauses.length === 0 ? {} : { root_causes: issue.rootCauses }),
    ...(issue.categories.length === 0 ? {} : { categories: issue.categories }),
    ...(issue.sourceRunId === undefined ? {} : { source_run_id: issue.sourceRunId }),
    ...(issue.userName === undefined ? {} : { created_by: issue.userName }),
    created_timestamp: issue.createdAt,
    last_updated_timestamp: issue.updatedAt,
  };
}
