#!/usr/bin/env node
// Plain JavaScript for the oldest Node there may be. In a clone the program is TypeScript, in the published package
// JavaScript, which is quicker to start; reports of the user's are TypeScript in both, so both need Node 22.18.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  if (major < 24) hideExperimentalWarnings();
  const isClone = existsSync(new URL('../src/cli/main.ts', import.meta.url));
  // First, so that all that follows is compiled only once.
  const { keepCompiled } = await import(isClone ? '../src/lib/folders.ts' : '../dist/lib/folders.js');
  keepCompiled(process.env);
  await import(isClone ? '../src/cli/main.ts' : '../dist/cli.js');
} else {
  console.error(`error: slack-reports needs Node 22.18 or newer, and this is ${process.versions.node}`);
  console.error('  Inside the project `npx slack-reports` uses the Node that came with `npm ci`.');
  process.exitCode = 1;
}

/** Node 22 warns of SQLite and of TypeScript in every process, on standard error; both are stable in Node 24. */
function hideExperimentalWarnings() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] !== 'ExperimentalWarning' && rest[0]?.type !== 'ExperimentalWarning') emitWarning(warning, ...rest);
  };
}
