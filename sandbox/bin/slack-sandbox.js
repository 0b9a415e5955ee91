#!/usr/bin/env node
// Plain JavaScript, for the message on an old Node: the program is TypeScript, which Node runs from 22.18.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../main.ts');
} else {
  console.error(`error: slack-sandbox needs Node 22.18 or newer, and this is ${process.versions.node}`);
  process.exitCode = 1;
}
