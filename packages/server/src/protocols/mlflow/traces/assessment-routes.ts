import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { TracesService } from '../../../llm/index.ts';
import { missingParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import {
  assessmentMessage,
  type NewAssessment,
  readAssessment,
  readAssessmentChange,
  readMask,
} from './assessment-message.ts';

const all = '/mlflow/traces/:trace_id/assessments';
const one = `${all}/:assessment_id`;

/** Assessments: `assessments.proto`. */
export function assessmentRoutes(
  assessments: TracesService['assessments'],
  made: () => NewAssessment,
): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: all,
      access: 'traces:write',
      async answer({ fields, context }) {
        const id = fields.text('trace_id');
        const given = fields.optionalMessage('assessment');
        if (given === undefined) throw missingParameter('assessment');
        const assessment = readAssessment(given, made());
        await assessments.create(context, id, assessment);
        return { assessment: assessmentMessage(assessment, id) };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '3.0',
      path: one,
      access: 'traces:read',
      async answer({ fields, context }) {
        const id = fields.text('trace_id');
        const found = await assessments.find(context.workspace, id, fields.text('assessment_id'));
        return { assessment: assessmentMessage(found, id) };
      },
    }),
    ...rpc({
      method: 'PATCH',
      version: '3.0',
      path: one,
      access: 'traces:write',
      async answer({ fields, context }) {
        const id = fields.text('trace_id');
        const given = fields.optionalMessage('assessment');
        if (given === undefined) throw missingParameter('assessment');
        const change = readAssessmentChange(given, readMask(fields, 'update_mask'));
        const changed = await assessments.update(context, id, fields.text('assessment_id'), change);
        return { assessment: assessmentMessage(changed, id) };
      },
    }),
    ...rpc({
      method: 'DELETE',
      version: '3.0',
      path: one,
      access: 'traces:write',
      answer: ({ fields, context }) =>
        assessments.delete(context, fields.text('trace_id'), fields.text('assessment_id')),
    }),
  ];
}
