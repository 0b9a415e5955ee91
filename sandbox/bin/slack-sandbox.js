#!/usr/bin/env node
// Plain JavaScript: in a clone the program is TypeScript, which Node runs from 22.18, in the published package JavaScript.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  const isClone = existsSync(new URL('../main.ts', import.meta.url));
  await import(isClone ? '../main.ts' : '../dist/sandbox/main.js');
} else {
  console.error(`error: slack-sandbox needs Node 22.18 or newer, and this is ${process.versions.node}`);
  process.exitCode = 1;
}
