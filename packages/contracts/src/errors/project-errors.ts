import type { ErrorTable } from './error-table.ts';

export const projectErrors = {
  PROJECT_NOT_FOUND: {
    status: 404,
    what: 'There is no project {name}.',
    why: 'The name is wrong, or the project belongs to another workspace.',
    todo: 'List the projects, or open one: esteira projects create FILE, POST /api/v1/projects.',
  },
  PROJECT_EXISTS: {
    status: 409,
    what: 'There is already a project {name}.',
    why: 'Names of projects are unique in a workspace.',
    todo: 'Choose another name, or change the existing project.',
  },
  PROJECT_INVALID: {
    status: 400,
    what: 'The project cannot be recorded: {problem}.',
    why: 'Rules are judged by this record, so it has to be complete and consistent.',
    todo: 'Correct the named field and send it again.',
  },
} as const satisfies ErrorTable;
