import { type ChildProcess, fork } from 'node:child_process';
import { moduleFile } from '../../lib/module-file.ts';
import { boundValues, type Reader, textOf } from './query.ts';

const CHILD = moduleFile('sqlite-reader-process', import.meta.url);

/** What the child is asked. */
export interface Question {
  text: string;
  values: unknown[];
}

export type Answer = { kind: 'rows'; rows: unknown[] } | { kind: 'error'; message: string };

/**
 * One query after the other in a process of its own: SQLite answers while nothing else runs in its process, and Node
 * offers no way to interrupt it, but a process can be ended.
 */
export function sqliteReader(file: string): Reader {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();

  return (query, timeoutMs) => {
    const question = { text: textOf(query, () => '?'), values: boundValues(query).map(withoutBooleans) };
    const answer = last.then(() => ask(question, timeoutMs));
    last = answer.catch(() => undefined);
    return answer;
  };

  async function ask(question: Question, timeoutMs: number): Promise<unknown[]> {
    child ??= start(file);
    try {
      return await answerOf(child, question, timeoutMs);
    } catch (error) {
      if (!(error instanceof QueryError)) {
        child.kill('SIGKILL');
        child = undefined;
      }
      throw error;
    }
  }
}

/** The database refused the query; its process goes on. */
class QueryError extends Error {}

function start(file: string): ChildProcess {
  // Without the options of this process, such as --watch or --inspect, and without its output.
  const child = fork(CHILD, [file], { execArgv: [], serialization: 'advanced', stdio: 'ignore' });
  child.unref();
  child.channel?.unref();
  return child;
}

/** The timer keeps this process alive meanwhile; the child does not. */
async function answerOf(child: ChildProcess, question: Question, timeoutMs: number): Promise<unknown[]> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  const onMessage = (answer: Answer) =>
    answer.kind === 'error' ? reject(new QueryError(answer.message)) : resolve(answer.rows);
  const onExit = () => reject(new Error('The process that reads the SQLite database ended'));
  const timer = setTimeout(() => reject(new Error(`The query took longer than ${timeoutMs} ms`)), timeoutMs);
  child.on('message', onMessage).on('exit', onExit).on('error', reject);
  child.send(question, (error) => error !== null && reject(error));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', onExit).off('error', reject);
  }
}

/** SQLite has none. */
function withoutBooleans(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : value;
}
