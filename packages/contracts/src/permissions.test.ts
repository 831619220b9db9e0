import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissions, rolePermissions, roles } from './permissions.ts';

test('every role grants only permissions that exist, each once', () => {
  assert.deepEqual(Object.keys(rolePermissions).sort(), [...roles].sort());
  for (const role of roles) {
    const granted = rolePermissions[role];
    assert.deepEqual(
      granted.filter((permission) => !permissions.includes(permission)),
      [],
      role,
    );
    assert.equal(new Set(granted).size, granted.length, role);
  }
});

test('every permission is granted by some role, and names a noun and a verb', () => {
  for (const permission of permissions) {
    assert.match(permission, /^[a-z]+(-[a-z]+)*:[a-z]+$/);
    assert.ok(
      roles.some((role) => rolePermissions[role].includes(permission)),
      permission,
    );
  }
});

test('who asks for changes by trade does not consent to them', () => {
  for (const role of ['data-scientist', 'ml-engineer'] as const) {
    assert.ok(rolePermissions[role].includes('changes:request'));
    assert.ok(!rolePermissions[role].includes('changes:approve'), role);
  }
  assert.ok(!rolePermissions.approver.includes('changes:request'));
  assert.ok(!rolePermissions.approver.includes('changes:apply'));
});

test('viewers and auditors change nothing', () => {
  for (const role of ['viewer', 'auditor'] as const) {
    for (const permission of rolePermissions[role]) assert.match(permission, /:read$/, role);
  }
});

test('a model server can synchronise and nothing else, and nobody else can', () => {
  assert.deepEqual(rolePermissions['data-plane'], ['data-plane:sync']);
  for (const role of roles) {
    if (role !== 'data-plane') assert.ok(!rolePermissions[role].includes('data-plane:sync'), role);
  }
});
