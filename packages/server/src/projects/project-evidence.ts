import type { EvidenceReader } from '../governance/index.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { findProject, listRevisions } from './project-store.ts';

// Later than any run can have started: the record in force has no end.
const withoutEnd = Number.MAX_SAFE_INTEGER;

/** Evidence `project`: the promises, and from when until when each version of them stood (rule T05). */
export function projectEvidence(sql: SqlReader): EvidenceReader {
  return {
    name: 'project',
    async read({ workspace }, subject) {
      const project = await findProject(sql, workspace, subject.project);
      if (!project) return undefined;
      const revisions = await listRevisions(sql, workspace, subject.project);
      const { sla } = project;
      return {
        name: project.name,
        riskClass: project.riskClass,
        sla: {
          p95Ms: sla.p95Ms,
          throughputPerSecond: sla.throughputPerSecond ?? null,
          maxModelBytes: sla.maxModelBytes ?? null,
          maxMemoryBytes: sla.maxMemoryBytes ?? null,
        },
        successMetric: project.successMetric,
        sensitiveAttributes: project.sensitiveAttributes,
        sensitiveStatement: project.sensitiveStatement ?? null,
        history: revisions.map((revision, index) => ({
          from: revision.at,
          until: revisions[index + 1]?.at ?? withoutEnd,
          successMetric: revision.record.successMetric,
        })),
      };
    },
  };
}
