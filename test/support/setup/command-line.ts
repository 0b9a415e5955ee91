import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface, type Interface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import './provided.ts';

const PROCESS = fileURLToPath(new URL('../cli-process.ts', import.meta.url));

interface Runner {
  process: ChildProcessByStdio<Writable, Readable, null>;
  lines: Interface;
}

/**
 * Processes that run commands for all files of a project, each one command after another. A process for each command would spend
 * most of its time on loading what the one before has loaded.
 */
export default async function setup(project: TestProject) {
  const all = new Set<Runner>();
  const idle: Runner[] = [];

  function start(): Runner {
    const child = spawn(process.execPath, [PROCESS], { stdio: ['pipe', 'pipe', 'inherit'] });
    const runner = { process: child, lines: createInterface({ input: child.stdout }) };
    all.add(runner);
    return runner;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const command = await text(request);
    const runner = idle.pop() ?? start();
    // The test gave up.
    response.once('close', () => {
      if (!response.writableFinished) runner.process.kill('SIGKILL');
    });
    runner.process.stdin.write(`${command}\n`);
    const ended = await Promise.race([once(runner.lines, 'line'), once(runner.process, 'exit').then(() => undefined)]);
    if (ended === undefined) {
      all.delete(runner);
      return void response.writeHead(500).end('The process that ran it has ended');
    }
    idle.push(runner);
    response.end(String(ended[0]));
  }

  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  project.provide('commandLine', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () => {
    server.close();
    server.closeAllConnections();
    for (const { process: child } of all) child.kill();
  };
}
