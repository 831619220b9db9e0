import { api, permissions, type RouteDefinition, rolePermissions, roles } from '@esteira/contracts';
import { code, markdownTable, pageHead } from './markdown.ts';

/** Who may do what, and what each permission opens. */
export function permissionsPage(): string {
  const matrix = permissions.map((permission) => [
    code(permission),
    ...roles.map((role) => (rolePermissions[role].includes(permission) ? '●' : '')),
  ]);
  const routes = Object.values(api).flatMap((room) => Object.values(room as Record<string, RouteDefinition>));
  const opened = permissions.map((permission) => [
    code(permission),
    routes
      .filter(({ access }) => access === permission)
      .map(({ id }) => code(id))
      .join(', ') || '(asked inside other operations)',
  ]);
  const introduction =
    'A role is a set of permissions, an identity has one or more roles in a workspace, and a token may be narrower than its owner. Every route names exactly one permission, `self` (anybody signed in) or `open` (the sign-in alone). Source: `packages/contracts/src/permissions.ts`.';
  return [
    pageHead('Permissions', introduction),
    markdownTable(['permission', ...roles.map(code)], matrix),
    '## What each permission opens\n',
    markdownTable(['permission', 'operations'], opened),
  ].join('\n');
}
