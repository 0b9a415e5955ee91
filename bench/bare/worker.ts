import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { shutdownSignal } from '../../src/lib/shutdown-signal.ts';
import { tenant } from '../slack.ts';
import { FAN_OUT_CHANNELS } from '../sizes.ts';
import { bareActivities } from './activities.ts';

/** Set by the benchmark that starts this process. */
function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

Runtime.install({ shutdownSignals: [] });
const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
try {
  const { token, channels } = tenant(1, FAN_OUT_CHANNELS);
  const worker = await Worker.create({
    connection,
    taskQueue: setting('BENCH_BARE_TASK_QUEUE'),
    workflowBundle: { codePath: setting('BENCH_BARE_BUNDLE') },
    activities: bareActivities({ apiUrl: setting('SLACK_API_URL'), token, channels }),
  });
  shutdownSignal().addEventListener('abort', () => worker.shutdown());
  const running = worker.run();
  process.send?.('ready');
  await running;
} finally {
  await connection.close();
}
process.disconnect?.();
