import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts several processes of one program, and lets them go on at the same moment: each says `ready`, and goes on at the
 * next message. Returns the answer of each.
 */
export async function answersAtOnce(program: URL, argsOfEach: readonly (readonly string[])[]): Promise<unknown[]> {
  const processes = argsOfEach.map((args) => fork(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }));
  try {
    await Promise.all(processes.map(answerOf));
    const answers = processes.map(answerOf);
    for (const one of processes) one.send('go');
    return await Promise.all(answers);
  } finally {
    for (const one of processes) one.kill('SIGKILL');
  }
}

/** The next message of a process. Rejects with its standard error if it ends without one. */
async function answerOf(process: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  let errors = '';
  process.stderr?.on('data', (chunk) => (errors += String(chunk)));
  const died = once(process, 'close', ended).then(([code]) => {
    throw new Error(`The process ended with ${String(code)}: ${errors}`);
  });
  const answer = once(process, 'message', ended).then(([message]) => message as unknown);
  return Promise.race([answer, died]).finally(() => ended.abort());
}
