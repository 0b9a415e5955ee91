import { Command } from '@commander-js/extra-typings';
import { deliveriesOf, type Explanation } from '../../client/deliveries.ts';
import type { Config } from '../../config.ts';
import type { LogEntry } from '../../domain/delivery.ts';
import { webUiOf } from '../../dev/web-ui.ts';
import type { Parked } from '../../store/parking.ts';
import { withContext } from '../context.ts';
import { colourState, printJson } from '../output/output.ts';

export function whyCommand() {
  return new Command('why')
    .description('explain what happened to a notification, on one screen')
    .argument('<notification>')
    .option(
      '--at <time>',
      'about when it should have arrived: "2026-11-23 09:00" in its zone, or ISO 8601 (default: its newest delivery)',
    )
    .option('--json', 'print JSON')
    .action(async (id, { at, json }) => {
      await withContext(async (context) => {
        const answer = withLinks(await deliveriesOf(context).why(id, { at }), context.config);
        if (json === true) printJson(answer);
        else console.log(formatAnswer(answer));
      });
    });
}

function withLinks(answer: Explanation, config: Config): Explanation {
  const link = (workflowId: string | undefined) => workflowId && linkTo(config, workflowId);
  const deliveries = answer.deliveries.map((one) => ({ ...one, run: link(one.run), workflow: link(one.workflow) }));
  return { ...answer, deliveries };
}

/** A page of the Web UI, or the workflow id where no Web UI is known. */
function linkTo(config: Config, workflowId: string): string {
  const webUi = webUiOf(config);
  if (webUi === undefined) return workflowId;
  return `${webUi}/namespaces/${config.temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

function formatAnswer({ notification, due, parked, deliveries }: Explanation): string {
  const lines = [notification, `  Due:     ${due}`];
  if (parked !== undefined) lines.push(`  Parked:  ${formatParked(parked)}`);
  if (deliveries.length === 0)
    lines.push('  Ledger:  nothing was due: no schedule fired for it, and no run selected it');
  for (const delivery of deliveries) {
    const ts = delivery.messageTs === undefined ? '' : `, Slack ts ${delivery.messageTs}`;
    lines.push(
      '',
      `  ${delivery.occurrence} → ${delivery.channel}: ${colourState(delivery.state, delivery.state.toUpperCase())}${delivery.late === undefined ? '' : ', late'}${ts}`,
    );
    lines.push(...delivery.steps.map((step) => `    ${stepText(step)}`));
    for (const { nr, state, steps } of delivery.thread) {
      lines.push(`    Thread post ${nr}: ${state}`, ...steps.map((step) => `      ${stepText(step)}`));
    }
    if (delivery.advice !== undefined) lines.push(`    To do:   ${delivery.advice}`);
    if (delivery.writtenBy !== undefined) lines.push(`    Written: by ${delivery.writtenBy}`);
    if (delivery.run !== undefined) lines.push(`    Run:     ${delivery.run}`);
    if (delivery.workflow !== undefined) lines.push(`    Attempts and answers: ${delivery.workflow}`);
  }
  return lines.join('\n');
}

function stepText({ at, state, code, message }: LogEntry): string {
  return `${at}  ${state.padEnd(11)} ${reasonOf(code, message)}`.trimEnd();
}

function reasonOf(code = '', message = code): string {
  return code === '' || message.startsWith(code) ? message : `${code}: ${message}`;
}

function formatParked({ kind, id, since, message }: Parked): string {
  return `the ${kind} ${id} waits since ${since} (${message}); fix it, then: slack-reports resume ${id}`;
}
