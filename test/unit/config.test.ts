import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { loadEnvFile } from '../../src/lib/env-file.ts';
import { UserError } from '../../src/lib/errors.ts';
import { temporaryFolder } from '../support/store.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** Keeps the developer's own Temporal profile out of the tests. */
let profile: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  profile = join(folder.path, 'temporal.toml');
  await writeFile(profile, '[profile.default]\n');
});
afterAll(() => folder[Symbol.asyncDispose]());

const load = (env: NodeJS.ProcessEnv = {}) => loadConfig({ TEMPORAL_CONFIG_FILE: profile, ...env });

function refusal(env: NodeJS.ProcessEnv): UserError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('without any setting everything is on this machine, but for Slack', () => {
  expect(load()).toEqual({
    temporal: {
      connection: expect.objectContaining({ address: 'localhost:7233' }) as unknown,
      namespace: 'default',
      taskQueue: 'slack-reports',
    },
    databaseUrl: 'sqlite:data/slack-reports.db',
    slack: { apiUrl: 'https://slack.com/api/', sandboxUrl: 'http://127.0.0.1:4747', settleMs: 45_000 },
    pace: { channelMs: 1_000, workspaceMs: 200, workspaceBurstMs: 1_800 },
    concurrency: 50,
    footer: true,
    fastPath: false,
    metricsAddress: undefined,
    tracing: false,
    workflowBundle: undefined,
    webUiUrl: undefined,
    healthAddress: undefined,
    logLevel: 'info',
  });
});

test.each([
  'sqlite:data/mine.db',
  'sqlite:/var/lib/mine.db',
  'postgres://me:secret@db/reports',
  'postgresql://db/reports',
])('the store may be at %s', (url) => expect(load({ DATABASE_URL: url }).databaseUrl).toBe(url));

test.each(['sqlite:', 'data/mine.db', 'mysql://db/reports', 'postgres:reports'])('the store cannot be at %s', (url) =>
  expect(refusal({ DATABASE_URL: url }).message).toContain('DATABASE_URL must look like sqlite:path/to/file.db'),
);

test('a setting without a value is not set', () => {
  const names = ['DATABASE_URL', 'SLACK_API_URL', 'SLACK_SETTLE_SECONDS', 'SLACK_REPORTS_TASK_QUEUE', 'LOG_LEVEL'];
  expect(load(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(load());
});

test('addresses of Slack end with one slash, and those of the sandbox with none', () => {
  const { slack } = load({ SLACK_API_URL: 'https://example.com/api', SLACK_SANDBOX_URL: 'http://[::1]:4747//' });
  expect(slack).toMatchObject({ apiUrl: 'https://example.com/api/', sandboxUrl: 'http://[::1]:4747' });
});

test.each([
  'http://127.0.0.1:1/',
  'http://127.9.9.9',
  'http://localhost:4747',
  'http://[::1]:1',
  'https://example.com',
])('a token may be sent to %s', (url) => expect(load({ SLACK_API_URL: url }).slack.apiUrl).toContain(url));

test.each([
  'http://example.com',
  'http://127.0.0.1.example.com',
  'http://127.0.0.1@example.com',
  'http://localhost.example.com',
  'http://[::2]',
  'http://0.0.0.0',
  'ftp://localhost',
  'file:///etc/passwd',
])('a token is never sent to %s', (url) => {
  expect(refusal({ SLACK_API_URL: url }).message).toContain('SLACK_API_URL must be https');
  expect(refusal({ SLACK_SANDBOX_URL: url }).message).toContain('SLACK_SANDBOX_URL must be https');
});

test('one error names every wrong setting, and asks you to fix the input', () => {
  const error = refusal({
    DATABASE_URL: 'mysql://localhost/reports',
    SLACK_API_URL: 'http://example.com',
    SLACK_SETTLE_SECONDS: 'soon',
    TEMPORAL_UI_URL: 'nowhere',
    LOG_LEVEL: 'loud',
  });
  expect(error).toMatchObject({ code: 'invalid_configuration', exitCode: 2 });
  expect(error.message).not.toContain('\n');
  for (const problem of [
    'DATABASE_URL must look like sqlite:',
    'SLACK_API_URL must be https',
    'SLACK_SETTLE_SECONDS must be a number',
    'TEMPORAL_UI_URL is not a URL',
    'LOG_LEVEL must be debug, info, warn or error',
  ]) {
    expect(error.message).toContain(problem);
  }
});

test.each(['slack.com', '/api', 'https://'])('%s is no address of Slack', (url) => {
  expect(refusal({ SLACK_API_URL: url }).message).toContain('SLACK_API_URL is not a URL');
});

test.each([['0.5'], ['-1'], ['0']])('%s seconds is too soon to read the channel', (seconds) => {
  expect(refusal({ SLACK_SETTLE_SECONDS: seconds }).message).toContain('SLACK_SETTLE_SECONDS must be at least 1');
});

test.each([['Infinity'], ['1e999']])('%s seconds is no time to wait', (seconds) => {
  expect(refusal({ SLACK_SETTLE_SECONDS: seconds }).message).toContain('SLACK_SETTLE_SECONDS');
});

describe('Temporal', () => {
  test('is configured by its own environment variables, and the namespace is not lost', () => {
    const { temporal } = load({
      TEMPORAL_ADDRESS: 'temporal.example.com:7233',
      TEMPORAL_NAMESPACE: 'reports',
      TEMPORAL_API_KEY: 'key',
      SLACK_REPORTS_TASK_QUEUE: 'mine',
    });
    expect(temporal).toMatchObject({ namespace: 'reports', taskQueue: 'mine' });
    expect(temporal.connection).toMatchObject({ address: 'temporal.example.com:7233', apiKey: 'key' });
    expect(temporal.connection.tls).toBeTruthy();
  });

  test('is configured by a profile, and a variable outweighs it', async () => {
    const file = join(folder.path, 'profiles.toml');
    await writeFile(file, '[profile.staging]\naddress = "staging.example.com:7233"\nnamespace = "reports"\n');
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'staging' };
    expect(load(env).temporal).toMatchObject({
      connection: { address: 'staging.example.com:7233' },
      namespace: 'reports',
    });
    expect(load({ ...env, TEMPORAL_NAMESPACE: 'other' }).temporal.namespace).toBe('other');
  });

  test('whose configuration cannot be read is one clear error', async () => {
    const file = join(folder.path, 'broken.toml');
    await writeFile(file, '[profile');
    const error = refusal({ TEMPORAL_CONFIG_FILE: file });
    expect(error).toMatchObject({ code: 'invalid_configuration', exitCode: 2 });
    expect(error.message).toMatch(/^Cannot read the Temporal configuration: .+/);
  });
});

test('a .env file sets what is not set already', async () => {
  const file = join(folder.path, 'env');
  await writeFile(file, 'SLACK_REPORTS_TEST_A=from file\nSLACK_REPORTS_TEST_B=from file\n');
  process.env['SLACK_REPORTS_TEST_B'] = 'set before';
  try {
    loadEnvFile(file);
    expect(process.env['SLACK_REPORTS_TEST_A']).toBe('from file');
    expect(process.env['SLACK_REPORTS_TEST_B']).toBe('set before');
    expect(() => loadEnvFile(join(folder.path, 'absent'))).not.toThrow();
  } finally {
    delete process.env['SLACK_REPORTS_TEST_A'];
    delete process.env['SLACK_REPORTS_TEST_B'];
  }
});

describe('a version of the workers', () => {
  test('has a deployment name and a build id', () => {
    const { deployment } = load({
      TEMPORAL_DEPLOYMENT_NAME: 'reports',
      TEMPORAL_WORKER_BUILD_ID: '1.2.0-4f5e',
    }).temporal;
    expect(deployment).toEqual({ deploymentName: 'reports', buildId: '1.2.0-4f5e' });
  });

  test.each([{ TEMPORAL_DEPLOYMENT_NAME: 'reports' }, { TEMPORAL_WORKER_BUILD_ID: '1.2.0' }])(
    'is not half of it: %o',
    (env) =>
      expect(refusal(env).message).toContain('TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID belong together'),
  );

  test('has no name that the server cannot take', () => {
    const env = { TEMPORAL_DEPLOYMENT_NAME: 'a.b', TEMPORAL_WORKER_BUILD_ID: '1' };
    expect(refusal(env).message).toContain('TEMPORAL_DEPLOYMENT_NAME must not contain "." or ":"');
  });
});

test.each([
  ['127.0.0.1:8088', { host: '127.0.0.1', port: 8088 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
])('health is answered at %s', (text, address) =>
  expect(load({ HEALTH_ADDRESS: text }).healthAddress).toEqual(address),
);

test.each(['8088', 'localhost', '127.0.0.1:', '127.0.0.1:70000', '::1:80', 'http://127.0.0.1:80'])(
  'health cannot be answered at %s',
  (text) => expect(refusal({ HEALTH_ADDRESS: text }).message).toContain('HEALTH_ADDRESS must look like 127.0.0.1:8088'),
);
