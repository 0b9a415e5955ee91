import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('each supervisor gives the worker longer than it takes at most', () => {
  const forced = Number(/SHUTDOWN_FORCE_TIME = '(\d+) seconds'/.exec(file('src/create-worker.ts'))?.[1]);
  const unit = Number(/^TimeoutStopSec=(\d+)$/m.exec(file('deploy/slack-reports-worker.service'))?.[1]);
  const pod = Number(/terminationGracePeriodSeconds: (\d+)/.exec(file('deploy/kubernetes.yaml'))?.[1]);
  expect(forced).toBeGreaterThan(20);
  // And some seconds to close its connections.
  expect([unit, pod]).toEqual([60, 60]);
  expect(unit - forced).toBeGreaterThanOrEqual(15);
});

test('the manifests are YAML, and all choose the pods of the deployment', () => {
  const documents = parseAllDocuments(file('deploy/kubernetes.yaml'));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const kinds = documents.map((document) => (document.toJS() as { kind: string }).kind);
  expect(kinds).toEqual(['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'NetworkPolicy']);
});
