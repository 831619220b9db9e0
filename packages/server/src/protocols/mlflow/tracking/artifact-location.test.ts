import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readArtifactLocation } from './artifact-location.ts';

it('a place for artifacts is a path in this server', () => {
  assert.equal(readArtifactLocation(undefined), undefined);
  assert.equal(readArtifactLocation(''), undefined);
  assert.equal(readArtifactLocation('mlflow-artifacts:/team/a/'), 'mlflow-artifacts:/team/a');
  assert.equal(readArtifactLocation('team/é b'), 'mlflow-artifacts:/team/é b');
  assert.equal(readArtifactLocation('mlflow-artifacts:///team'), 'mlflow-artifacts:/team');
});

for (const location of [
  'http://example.test/x',
  'file:///etc/passwd',
  's3://bucket/x',
  'MLFLOW-ARTIFACTS://host/x',
  '//host/x',
  'mlflow-artifacts:/a?b=c',
  'mlflow-artifacts:/a#b',
  'mlflow-artifacts:/a;b',
  'mlflow-artifacts:/../a',
  'mlflow-artifacts:/a/%2e%2e/b',
  'mlflow-artifacts:/a/%252e%252e/b',
  'a/%2E./b',
  'a\\..\\b',
  'a/%5c..%5cb',
  'a/%00',
  'a/%zz',
  '/',
  `a/${'b'.repeat(3000)}`,
])
  it(`refused as a place for artifacts: ${location.slice(0, 50)}`, () => {
    assert.throws(() => readArtifactLocation(location), { code: 'INVALID_PARAMETER_VALUE' });
  });
