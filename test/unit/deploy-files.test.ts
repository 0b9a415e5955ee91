import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { unknownNames, wrongValues } from '../../scripts/check-deploy.ts';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('each supervisor gives the worker longer than it takes at most', () => {
  const forced = Number(/SHUTDOWN_FORCE_TIME = '(\d+) seconds'/.exec(file('src/create-worker.ts'))?.[1]);
  const unit = Number(/^TimeoutStopSec=(\d+)$/m.exec(file('deploy/slack-reports-worker.service'))?.[1]);
  const pod = Number(/terminationGracePeriodSeconds: (\d+)/.exec(file('deploy/kubernetes/deployment.yaml'))?.[1]);
  expect(forced).toBeGreaterThan(20);
  // And some seconds to close its connections.
  expect([unit, pod]).toEqual([60, 60]);
  expect(unit - forced).toBeGreaterThanOrEqual(15);
});

interface Manifest {
  kind: string;
  spec: { selector?: { matchLabels: object }; podSelector?: { matchLabels: object }; template?: object };
}

const manifests = ['deployment', 'disruption-budget', 'network-policy'].map(
  (name) => parse(file(`deploy/kubernetes/${name}.yaml`)) as Manifest,
);

test('the manifests choose the pods of the deployment', () => {
  const [deployment] = manifests;
  for (const { spec } of manifests) {
    expect(spec.selector ?? spec.podSelector).toEqual({ matchLabels: { app: 'slack-reports-worker' } });
  }
  expect(deployment?.spec.template).toMatchObject({ metadata: { labels: { app: 'slack-reports-worker' } } });
});

test('a check of the manifests names a value that Kubernetes refuses', () => {
  const [deployment] = manifests;
  const wrong = { ...deployment, spec: { ...deployment?.spec, replicas: 'two' } };
  expect(wrongValues(wrong)).toEqual(['Deployment: data/spec/replicas must be integer']);
  expect(manifests.map(wrongValues)).toEqual([[], [], []]);
  expect(wrongValues({ apiVersion: 'apps/v1', kind: 'Deploymint' })).toEqual([
    expect.stringMatching(/Deploymint: not/),
  ]);
});

test('a check of the manifests names a property that Kubernetes does not know', async () => {
  const misspelt = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec: { minAvailible: 1 } };
  expect(await unknownNames([misspelt])).toEqual([expect.stringMatching(/"minAvailible"|'minAvailible'/)]);
});

test('each unit is locked down by systemd', () => {
  const options = [
    'NoNewPrivileges=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectProc=invisible',
    'ProtectSystem=strict',
    'RemoveIPC=yes',
    'RestrictRealtime=yes',
    'SystemCallFilter=@system-service',
    'UMask=0077',
  ];
  for (const unit of ['worker', 'codec-server']) {
    const lines = file(`deploy/slack-reports-${unit}.service`).split('\n');
    expect(lines).toEqual(expect.arrayContaining(options));
  }
});
