#!/usr/bin/env node
// Plain JavaScript for the oldest Node there may be: the program itself is TypeScript, which Node runs from 22.18 on.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../src/cli/main.ts');
} else {
  console.error(`error: slack-reports needs Node 22.18 or newer, and this is ${process.versions.node}`);
  console.error('  Inside the project `npx slack-reports` uses the Node that came with `npm ci`.');
  process.exitCode = 1;
}
