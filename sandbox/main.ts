import { isLoopback } from './loopback.ts';
import { startSandbox, type RunningSandbox } from './server.ts';

const DEFAULT_URL = 'http://127.0.0.1:4747';
const DEFAULT_DATA = 'data/sandbox.jsonl';

// What it writes is for its user alone.
process.umask(0o077);

await main().catch((error: unknown) => {
  console.error(`sandbox: ${explain(error)}`);
  process.exit(1);
});

async function main(): Promise<void> {
  const { host, port } = addressOf(process.env['SLACK_SANDBOX_URL'] ?? DEFAULT_URL);
  const running = await startSandbox({ host, port, dataFile: process.env['SLACK_SANDBOX_DATA'] ?? DEFAULT_DATA });
  closeOnSignal(running);
  if (running.sandbox.store.notice !== undefined) console.warn(`sandbox: ${running.sandbox.store.notice}`);
  console.log(`sandbox listening on ${running.url}`);
}

function addressOf(value: string): { host: string; port: number } {
  const url = URL.parse(value);
  if (url?.protocol !== 'http:' || !isLoopback(url.hostname)) {
    throw new Error(
      `SLACK_SANDBOX_URL is '${value}'; the sandbox listens only on this machine, for example ${DEFAULT_URL}`,
    );
  }
  const host = url.hostname === '[::1]' ? '::1' : url.hostname;
  return { host, port: url.port === '' ? 80 : Number(url.port) };
}

function closeOnSignal(running: RunningSandbox): void {
  const end = () => void running.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // The parent that started the sandbox over IPC has ended, so nothing else would stop it.
  process.once('disconnect', end);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${error.message}; stop the other process or set SLACK_SANDBOX_URL to a free port`;
  if (path !== undefined)
    return `cannot use the data file: ${error.message}; set SLACK_SANDBOX_DATA to a writable file`;
  return error.message;
}
