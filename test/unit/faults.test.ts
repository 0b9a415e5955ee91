import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ordinaryTrouble } from '../../src/lib/ordinary-trouble.ts';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const [, table = ''] = file('docs/observability.md').split('## Which fault is reported by what\n');
const rows = new Map(
  (table.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([fault = '', ...cells]) => [fault, cells] as const),
);
const rules = parse(file('ops/prometheus/alerts.yml')) as { groups: { rules: { alert: string }[] }[] };
const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert));

/** The fault as the table has it, and the test in which it happens: a file of test/, and words of its title. */
const SHOWN: Readonly<Record<string, readonly [file: string, title: string]>> = {
  'Temporal is down': ['integration/doctor', "'Temporal is down'"],
  'the store is down, or its file is gone': [
    'integration/health',
    'a worker is not ready while the file of its store is away',
  ],
  'the disk is full': ['unit/lib/ordinary-trouble', 'a full disk'],
  'a worker does not start: namespace, API key, TLS, version': ['integration/worker', 'with %s says so, and ends'],
  'a wrong setting': ['integration/worker', 'with a wrong setting says which, and ends'],
  'no worker runs': ['integration/doctor', "'no worker runs'"],
  'one of several workers is gone': ['integration/two-workers', 'one takes over from the other'],
  'too few workers': ['unit/ops-files', 'is in the guide, and fires in a test of promtool'],
  'a schedule, or `tick`, is paused or deleted': ['integration/doctor', "'the schedule is deleted'"],
  'Slack takes nothing': ['unit/ops-files', 'is in the guide, and fires in a test of promtool'],
  'a token is revoked, a channel archived': ['integration/doctor', "'the token is revoked'"],
  'a report throws, hangs or is missing': ['integration/observability', 'count how due deliveries ended, and why'],
  'a source cannot be read': ['integration/doctor', "'a source cannot be read'"],
  'an answer of Slack is lost, and the message not found': ['unit/ops-files', 'fires in a test of promtool'],
  'an outage longer than the catch-up window': ['unit/ops-files', 'fires in a test of promtool'],
  'deliveries are late': ['integration/observability', 'measure in seconds how late'],
  'Slack limits the rate': ['integration/observability', 'count how due deliveries ended, and why'],
  'the clock is off': ['integration/doctor', 'compares the clock with that of Slack'],
  'an error of a report that nothing awaits': ['support/telling-report', 'floating'],
};

/** What a library throws where a fault is met by a process that has to end. */
const THROWN: Readonly<Record<string, Error>> = {
  'Temporal is down': Object.assign(new Error('x'), { code: 14, metadata: {} }),
  'the store is down, or its file is gone': Object.assign(new Error('x'), { code: '57P01', severity: 'FATAL' }),
  'the disk is full': Object.assign(new Error('x'), { code: 'ENOSPC' }),
};

test('each fault of the table has a test, and each test its line', () => {
  expect([...rows.keys()]).toEqual(Object.keys(SHOWN));
});

test('each alert names a fault of the table, and the table names no other', () => {
  const named = [...rows.values()].flatMap(([alert = '']) => (alert === '' ? [] : [alert]));
  expect([...new Set(named)].toSorted()).toEqual(alerts.toSorted());
});

describe.each([...rows])('the fault "%s"', (fault, [alert = '', doctor = '', exit = '']) => {
  test('is reported by an alert, by doctor, or by an exit code, and happens in a test', () => {
    expect(`${alert}${doctor}${exit}`).not.toBe('');
    const [path, title] = SHOWN[fault] ?? ['', ''];
    expect(file(`test/${path}${path.startsWith('support/') ? '' : '.test'}.ts`)).toContain(title);
  });
});

test.each(Object.entries(THROWN))('the fault "%s" ends a process with the exit code of the table', (fault, thrown) => {
  expect(ordinaryTrouble(thrown)?.exitCode).toBe(Number(rows.get(fault)?.[2]));
});
