import type { WireRequest, WireRoute } from '../../../kernel/wire-route.ts';
import { MlflowError } from '../mlflow-error.ts';
import { type Call, rpc } from '../rpc.ts';

/** Workspaces as their tokens see them: each its own. They are made and removed elsewhere. */
export function workspaceRoutes(): readonly WireRoute[] {
  const path = '/mlflow/workspaces';
  const one = `${path}/:workspace_name`;
  const version = '3.0';
  return [
    ...rpc({
      method: 'GET',
      version,
      path,
      access: 'self',
      answer: async ({ context }) => ({ workspaces: [{ name: context.workspace }] }),
    }),
    ...rpc({
      method: 'GET',
      version,
      path: one,
      access: 'self',
      answer: async ({ fields, context }) => {
        const name = fields.text('workspace_name');
        if (name !== context.workspace) throw noWorkspace(name);
        return { workspace: { name } };
      },
    }),
    ...rpc({ method: 'POST', version, path, access: 'self', answer: refuseChange }),
    ...rpc({ method: 'PATCH', version, path: one, access: 'self', answer: refuseChange }),
    ...rpc({ method: 'DELETE', version, path: one, access: 'self', answer: refuseChange }),
  ];
}

const header = 'x-mlflow-workspace';

/**
 * A route for the workspace of the token alone: a request that names another one is refused, never answered from one that it
 * did not mean.
 */
export function inOwnWorkspace(route: WireRoute): WireRoute {
  return {
    ...route,
    async handle(request, signal) {
      refuseOtherWorkspace(request);
      return await route.handle(request, signal);
    },
  };
}

function refuseOtherWorkspace({ headers, context }: WireRequest): void {
  const given = headers[header];
  const name = (Array.isArray(given) ? given.join(',') : given)?.trim() ?? '';
  if (name === '' || context === undefined || name === context.workspace) return;
  throw noWorkspace(name);
}

function noWorkspace(name: string): MlflowError {
  return new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Workspace '${name.slice(0, 100)}' not found. A token belongs to one workspace: leave the header out, or use a token of that workspace.`,
  );
}

async function refuseChange(_call: Call): Promise<never> {
  throw new MlflowError(
    'FEATURE_DISABLED',
    'Workspaces are not made, changed or removed over this API: the server is running without workspaces support for it.',
  );
}
