export const issueStatuses = ['pending', 'rejected', 'resolved'] as const;
export type IssueStatus = (typeof issueStatuses)[number];

/** From the least to the most. */
export const issueSeverities = ['not_an_issue', 'low', 'medium', 'high'] as const;
export type IssueSeverity = (typeof issueSeverities)[number];

/** What goes wrong with a program, as its traces show. Assessments of the kind `issue` say of which traces, by the id as their name. */
export interface Issue {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly description: string;
  readonly status: IssueStatus;
  readonly severity?: IssueSeverity;
  readonly rootCauses: readonly string[];
  readonly categories: readonly string[];
  /** The run that found it, as whoever told of it says. */
  readonly sourceRunId?: string;
  /** Who found it, as whoever told of it says. */
  readonly userName?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Whoever told of an issue may say something else of it later; a severity of null takes the judgement away. */
export interface IssueChange
  extends Partial<Pick<Issue, 'name' | 'description' | 'status' | 'rootCauses' | 'categories'>> {
  readonly severity?: IssueSeverity | null;
}

/** `traces`: of how many traces it is said; 0 when that was not asked. */
export interface FoundIssue extends Issue {
  readonly traces: number;
}

export interface IssueCondition {
  readonly field: 'status' | 'severity' | 'sourceRunId';
  readonly operator: '=' | '!=';
  readonly value: string;
}
