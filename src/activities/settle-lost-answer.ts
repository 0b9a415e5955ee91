import { Context } from '@temporalio/activity';
import { assertNever } from '../lib/assert-never.ts';
import type { PostResult, Waits } from '../contract/delivery.ts';
import { type Delivery, type DeliveryError, type LogEntry, RESEND } from '../domain/delivery.ts';
import { LATE_AFTER_MS, LATE_REASONS } from '../domain/still-due.ts';
import type { Ambiguous, NotPosted, SlackFailure } from '../slack/errors.ts';
import type { ChannelHistory } from '../slack/history.ts';
import { droppedThread } from '../store/ledger/thread.ts';
import type { Work } from '../store/ledger/work.ts';
import type { Dependencies } from './dependencies.ts';
import { lookOf, PLACES } from './look-up.ts';
import { answers } from './record-answer.ts';
import { clientFor, final, retryIn, WORTH_POSTING_MS } from './support.ts';

/** A channel that can't be read is tried again after a tenth of the time since the attempt began, within these, in milliseconds. */
const LOOK_AGAIN_MS = { min: 30_000, max: 5 * 60_000 };

/** Time that the last try needs before `WORTH_POSTING_MS` is over, in milliseconds. */
const LAST_TRY_MS = 2 * 60_000;

/** While Slack only limits how often a channel is read, it is read for this long after the attempt began, in milliseconds. */
const LIMITED_FOR_MS = 24 * 3_600_000;

/** This many equal answers with an unknown code, and no message in the channel, are a refusal. */
const EQUAL_ANSWERS = 3;

/** What becomes of a delivery whose earlier attempt may have reached Slack. */
export function lostAnswers(dependencies: Pick<Dependencies, 'store' | 'slack' | 'settleMs'>, history: ChannelHistory) {
  const { store, slack, settleMs } = dependencies;
  const { ledger } = store;
  const { recordDelivered } = answers(dependencies);

  return { settleEarlierAttempt };

  /**
   * What a lost answer means: an earlier attempt began and its end is unknown. Found at Slack it is delivered; absent twice it
   * may be posted again; where Slack cannot be read a person has to look.
   */
  async function settleEarlierAttempt(work: Work): Promise<PostResult> {
    const { delivery } = work;
    const { id, attempts } = delivery;
    const { place, absent } = PLACES[delivery.kind];
    const wanted = lookOf(work, settleMs);
    const wait = wanted.readFrom - Date.now();
    if (wait > 0) {
      throw retryIn(wait, 'settling', `An earlier attempt may have reached Slack; the ${place} is read next`);
    }
    const sighting = await history.find(
      await clientFor(slack, work, (failure) => leaveUnconfirmed(delivery, failure)),
      wanted,
    );
    switch (sighting.kind) {
      case 'found':
        return recordDelivered(delivery, attempts, sighting.ts, threadLost(delivery));
      case 'unfinished':
        throw retryIn(0, 'reading', `The ${place} is read on`);
      case 'unreadable':
        if (sighting.failure.kind === 'refused') return settleUnseen(delivery, sighting.failure);
        return readAgain(delivery, sighting.failure);
      case 'absent': {
        // History lags behind posts by an unknown time, so absence counts only when it is seen twice.
        if (await ledger.recordNotFound(id, attempts)) {
          throw retryIn(settleMs / 2, 'settling', `Not in the ${place} yet; it is read once more before posting again`);
        }
        const refusal = refusedEachTime(delivery.log);
        if (refusal !== undefined) {
          await ledger.markFailed(id, refusal, attempts);
          throw final(delivery, 'failed', refusal);
        }
        const message = `Read twice: an earlier attempt did not reach the ${place}`;
        await release(delivery, { code: absent, message });
        throw retryIn(0, absent, `${message}; it is posted now`);
      }
      default:
        return assertNever(sighting);
    }
  }

  /** The place is read again later, for as long as a report is worth posting. */
  async function readAgain(delivery: Delivery, failure: NotPosted | Ambiguous): Promise<Waits> {
    const now = Date.now();
    const sinceAttempt = now - Date.parse(delivery.postingAt ?? delivery.claimedAt);
    const limitedMs = failure.kind === 'not_posted' ? failure.retryAfterMs : undefined;
    const delay = limitedMs ?? Math.min(LOOK_AGAIN_MS.max, Math.max(LOOK_AGAIN_MS.min, sinceAttempt / 10));
    const left = Context.current().info.scheduledTimestampMs + WORTH_POSTING_MS - now;
    if (left > delay + LAST_TRY_MS) {
      throw retryIn(delay, failure.code, `Cannot read the ${PLACES[delivery.kind].place}: ${failure.message}`);
    }
    // The six hours stand still while Slack limits us: the delivery is started again, with new ones.
    if (limitedMs !== undefined && sinceAttempt < LIMITED_FOR_MS) {
      return { kind: 'waits', until: new Date(now).toISOString(), line: 'channel' };
    }
    return leaveUnconfirmed(delivery, failure);
  }

  /** Slack refuses to show the channel. A person who sent it again has looked themselves. */
  async function settleUnseen(delivery: Delivery, failure: SlackFailure): Promise<never> {
    if (!isResent(delivery.log)) return leaveUnconfirmed(delivery, failure);
    const message = `The channel cannot be read (${failure.message}), and a person says that it is not there`;
    await release(delivery, { code: RESEND, message });
    throw retryIn(0, RESEND, `${message}; it is posted now`);
  }

  /** It is not there, so it may be posted. One that is sent again long after its time says so. */
  async function release({ id, attempts, dueAt, log: steps }: Delivery, why: DeliveryError): Promise<void> {
    await ledger.releasePosting(id, attempts, why);
    if (isResent(steps) && Date.now() - Date.parse(dueAt) > LATE_AFTER_MS) {
      await ledger.markLate(id, LATE_REASONS.unconfirmedFirst);
    }
  }

  async function leaveUnconfirmed(delivery: Delivery, failure: SlackFailure): Promise<never> {
    const { place } = PLACES[delivery.kind];
    const { code } = failure;
    const doubt = delivery.log.findLast((entry) => entry.doubt !== undefined);
    const why = doubt === undefined ? '' : ` (${doubt.code}: ${doubt.message})`;
    const message = `It may have been posted${why}, and the ${place} cannot be read (${failure.message})`;
    await ledger.markUnconfirmed(delivery.id, { code, message });
    throw final(delivery, 'unconfirmed', { code, message });
  }
}

/**
 * The code that Slack answered several times, none of which posted the message: it refuses the message by a code that we
 * don't know. Undefined where the answers differ, or were lost.
 */
function refusedEachTime(steps: readonly LogEntry[]): DeliveryError | undefined {
  const sinceRevived = steps.slice(steps.findLastIndex(({ state }) => state === 'failed' || state === 'parked') + 1);
  const doubts = sinceRevived.filter(({ doubt }) => doubt !== undefined).slice(-EQUAL_ANSWERS);
  const code = doubts[0]?.code;
  const isRefusal = doubts.every((entry) => entry.doubt === 'unknown_code' && entry.code === code);
  if (code === undefined || doubts.length < EQUAL_ANSWERS || !isRefusal) return undefined;
  return { code, message: `Slack answered ${code} ${EQUAL_ANSWERS} times, and posted nothing` };
}

/** A person sent it again after it had ended as unconfirmed. */
function isResent(steps: readonly LogEntry[]): boolean {
  const asked = steps.findLastIndex(({ state, code }) => state === 'posting' && code === RESEND);
  return asked > steps.findLastIndex(({ state }) => state === 'unconfirmed');
}

/** The thread of a report that had ended as unconfirmed is gone; one that was made again since is not. */
function threadLost(delivery: Delivery): DeliveryError | undefined {
  return delivery.kind === 'report' && delivery.threadPosts === 0 ? droppedThread(delivery) : undefined;
}
