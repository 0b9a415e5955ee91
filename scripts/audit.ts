import { execa } from 'execa';

/**
 * `npm audit` of the production dependencies; fails if a vulnerability of severity high or critical is known. A registry
 * that offers no audit, or can't be reached, fails nothing, but is reported so that it isn't taken for a pass.
 */
interface Answer {
  metadata?: { vulnerabilities: Record<'low' | 'moderate' | 'high' | 'critical', number> };
  vulnerabilities?: Record<string, { severity: string; range: string; isDirect: boolean }>;
  message?: string;
}

// Its exit code is 1 for any vulnerability.
const { stdout } = await execa('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0'], {
  reject: false,
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
