import { execa } from 'execa';
import { shippedPackages } from './shipped.ts';

/**
 * `npm audit` of what the published package needs; fails if a vulnerability of severity high or critical is known. A registry
 * that offers no audit, or can't be reached, fails nothing, but is reported so that it isn't taken for a pass.
 */
interface Answer {
  metadata?: object;
  vulnerabilities?: Record<string, { severity: string; range: string; isDirect: boolean }>;
  message?: string;
}

const SEVERITIES = ['critical', 'high', 'moderate', 'low'];

// Its exit code is 1 for any vulnerability.
const { stdout } = await execa('npm', ['audit', '--json', '--fetch-retries=0'], { reject: false, timeout: 60_000 });
const { metadata, vulnerabilities = {}, message } = answerOf(stdout);

if (metadata === undefined) {
  console.warn(`AUDIT NOT DONE: ${message ?? 'npm audit gave no answer'}`);
} else {
  const shipped = new Set((await shippedPackages()).map(({ name }) => name));
  const known = Object.entries(vulnerabilities).filter(([name]) => shipped.has(name));
  const counted = SEVERITIES.map((one) => `${known.filter(([, { severity }]) => severity === one).length} ${one}`);
  console.log(`Known vulnerabilities: ${counted.join(', ')}`);
  for (const [name, { severity, range }] of known) console.log(`  ${severity}: ${name} ${range}`);
  if (known.some(([, { severity }]) => severity === 'critical' || severity === 'high')) process.exitCode = 1;
}

function answerOf(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
