import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Rule {
  alert: string;
  annotations: { runbook_url: string };
}
interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}
interface Panel {
  title: string;
  datasource: { uid: string };
  gridPos: { x: number; w: number };
  targets: { expr: string; legendFormat: string }[];
}

const file = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const [rules, ruleTests, dashboard, runbook, guide] = await Promise.all(
  ['prometheus/alerts.yml', 'prometheus/alerts.test.yml', 'grafana/slack-reports.json']
    .map((path) => `ops/${path}`)
    .concat('docs/runbook.md', 'docs/observability.md')
    .map(file),
);
const alerts = (parse(rules ?? '') as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(dashboard ?? '') as { panels: Panel[] };

describe.each(alerts)('the alert $alert', ({ alert, annotations }) => {
  test('leads to its part of the runbook, which says what it means, has a command to look, and says how to fix it', () => {
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    const [, part] = (runbook ?? '').split(`\n## ${alert}\n`);
    const own = part?.split('\n## ')[0] ?? '';
    expect(own).toMatch(/\*\*Meaning\.\*\*[^]+\*\*Look\.\*\*[^]+```sh\n[^]+```[^]+\*\*Fix\.\*\*/);
  });

  test('is in the guide, and fires in a test of promtool', () => {
    expect(guide).toMatch(new RegExp(`^\\| ${alert} \\|.+\\(runbook\\.md#${alert.toLowerCase()}\\) \\|$`, 'm'));
    const tried = (parse(ruleTests ?? '') as RuleTests).tests.flatMap((one) => one.alert_rule_test);
    expect(tried.filter(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0)).not.toEqual([]);
  });
});

describe.each(panels)('the panel "$title"', ({ datasource, gridPos, targets }) => {
  test('asks the Prometheus that was chosen, fits the page, and its legend has what it names', () => {
    expect(datasource.uid).toBe('${datasource}');
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (const { expr, legendFormat } of targets) {
      const kept = new Set([...expr.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, labels]) => labels?.split(', ') ?? []));
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '');
      expect(named.filter((label) => !kept.has(label))).toEqual([]);
    }
  });
});
