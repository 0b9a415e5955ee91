import { randomUUID } from 'node:crypto';
import { startSandbox, type Message, type RunningSandbox } from 'slack-sandbox';
import type { z } from 'zod';
import type { DeliveryError, DeliveryState } from '../domain/delivery.ts';
import { AsyncStack } from '../lib/async-stack.ts';
import type { AnyReport, Report } from '../reports/define.ts';
import { SANDBOX_REF } from '../slack/tokens.ts';
import { openStore } from '../store/open.ts';
import { UNPACED } from '../store/pacing.ts';
import { activitiesInProcess, deliverInProcess } from './in-process.ts';

/** A channel that the sandbox has. */
const CHANNEL = 'C0ACME';
/** After a lost answer the channel is read this soon, in milliseconds. */
const SETTLE_MS = 1_000;
/** No rate of Slack's stands in the way of a test. */
const NO_LIMIT = { perMinute: 1_000_000, burst: 1_000_000 };

/** What is delivered, and for whom. */
export interface TestDelivery<Data> {
  account: string;
  /** As a notification has them; the report's own schema checks them. */
  params?: object;
  /** What `load` would give. Without it `load` is called. */
  data?: Data;
  /** When it was due; now by default. */
  dueAt?: Date | string;
  /** A channel of the sandbox, by its id; `C0ACME` by default. */
  channel?: string;
  /** `en-US` by default. */
  locale?: string;
}

/** How a delivery ended, and what Slack got of it. */
export interface TestResult {
  /** As in the ledger: `delivered`, `skipped`, `failed`, `parked`, `unconfirmed`. */
  state: DeliveryState;
  /** Why it is not delivered, or what it was delivered without. */
  error: DeliveryError | undefined;
  /** The report and the posts of its thread, in Slack's order. */
  messages: readonly Message[];
}

/** A local Slack and a store in memory, as `startTestApp` gives them. */
export interface TestApp extends AsyncDisposable {
  /** The local Slack: add faults, read every message, look at its page under `url`. */
  readonly slack: RunningSandbox;
  /** Delivers one report, as a worker does it, and waits for the end. */
  deliver<Schema extends z.ZodType, Data>(
    report: Report<Schema, Data>,
    delivery: TestDelivery<NoInfer<Data>>,
  ): Promise<TestResult>;
  /** Ends the local Slack and the store, as `await using` does on Node 24. */
  close(): Promise<void>;
}

/**
 * Starts a local Slack on a free port, with a store in memory. Reports are delivered in this process, by the code of the
 * worker but without Temporal: a test takes milliseconds and needs no server. Faults of the local Slack work as they do
 * with a worker; retries come at once, and a lost answer is looked up after a second.
 *
 * @example
 * await using app = await startTestApp();
 * const { state, messages } = await app.deliver(openOrders, { account: 'acme', data: [{ order: '1', total: 12 }] });
 * assert.equal(state, 'delivered');
 * assert.match(messages[0].text, /1 open order/);
 *
 * @throws UserError when `params` or `channel` cannot be stored, or the sandbox finds no port.
 */
export async function startTestApp(): Promise<TestApp> {
  const stack = new AsyncStack();
  const slack = stack.use(await startSandbox({ port: 0, limits: { channel: NO_LIMIT, workspace: NO_LIMIT } }));
  const store = stack.use(await openStore('sqlite::memory:', UNPACED, { upgrade: true }));
  await store.workspaces.put({ id: 'sandbox', name: 'Sandbox', tokenRef: SANDBOX_REF });
  const reports = new Map<string, AnyReport>();
  const worker = activitiesInProcess(store, {
    apiUrl: slack.slackApiUrl,
    sandboxUrl: slack.url,
    footer: true,
    findReport: (name) => reports.get(name),
    settleMs: SETTLE_MS,
  });

  const close = () => stack[Symbol.asyncDispose]();
  return {
    slack,
    close,
    async deliver(report, { account, params = {}, data, dueAt = new Date(), channel = CHANNEL, locale }) {
      reports.set(report.name, data === undefined ? report : withData(report, data));
      const id = `test-${randomUUID()}`;
      const due = { kind: 'on-demand' } as const;
      const target = { workspaceId: 'sandbox', channel: { id: channel } };
      const rest = { due, locale, tags: [], enabled: true, ...target };
      await store.notifications.add([{ id, name: id, account, report: report.name, params, ...rest }]);
      const nominal = new Date(dueAt);
      const selection = { kind: 'notifications', ids: [id] } as const;
      await store.claims.claimDue({ selection, dispatchId: id, nominal, now: new Date() });
      const [delivery] = await store.claims.listPartition(id, { from: 0, to: 1, size: 1, step: 1, offset: 0 });
      if (delivery === undefined) throw new Error(`The report ${report.name} was not claimed`);
      const before = new Set(slack.sandbox.store.messagesIn(channel));
      await deliverInProcess(worker, store, delivery.id);
      const ended = await store.ledger.find(delivery.id);
      return {
        state: ended?.state ?? 'failed',
        error: ended?.error,
        messages: slack.sandbox.store.messagesIn(channel).filter((message) => !before.has(message)),
      };
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The report with data of the test in place of what `load` gives. */
function withData<Schema extends z.ZodType, Data>(report: Report<Schema, Data>, data: Data): AnyReport {
  const make: AnyReport['make'] = async (input) =>
    report.render(data, { ...input, params: report.params.parse(input.params) });
  return { ...report, make };
}
