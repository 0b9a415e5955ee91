import { spawnSync } from 'node:child_process';

/**
 * `npm audit` over what is installed in production; fails where something of severity high or critical is known. A
 * registry that offers no audit, or cannot be reached, fails nothing: it is said, so that nobody takes it for a pass.
 */
interface Answer {
  metadata?: { vulnerabilities: Record<'low' | 'moderate' | 'high' | 'critical', number> };
  vulnerabilities?: Record<string, { severity: string; range: string; isDirect: boolean }>;
  message?: string;
}

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0'], {
  encoding: 'utf8',
  timeout: 60_000,
});
const { metadata, vulnerabilities = {}, message } = answerOf(stdout);

if (metadata === undefined) {
  console.warn(`AUDIT NOT DONE: ${message ?? 'npm audit gave no answer'}`);
} else {
  const { low, moderate, high, critical } = metadata.vulnerabilities;
  console.log(`Known vulnerabilities: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low`);
  for (const [name, { severity, range }] of Object.entries(vulnerabilities)) {
    console.log(`  ${severity}: ${name} ${range}`);
  }
  if (critical + high > 0) process.exitCode = 1;
}

function answerOf(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
