import { type FailedFilter, FILTER_PARTS, type NotificationFilter, type Selection } from '../contract/selection.ts';
import { UserError } from '../lib/errors.ts';

/**
 * Throws a UserError for a selection of no known kind, and for a filter that names nothing: an undefined account must not
 * send to everybody. Selections come from programs and schedules, so the types alone don't protect them.
 */
export function checkSelection(selection: Selection): void {
  switch (selection.kind) {
    case 'matching': {
      checkFilter(selection.filter, "{ kind: 'all' }");
      const unknown = Object.keys(selection.filter).find((part) => !Object.hasOwn(FILTER_PARTS, part));
      if (unknown === undefined) return;
      throw invalid(`A filter has no "${unknown}"`, `It has ${Object.keys(FILTER_PARTS).join(', ')}.`);
    }
    case 'failed':
      if (selection.which !== 'all') checkFilter(selection.which, "{ kind: 'failed', which: 'all' }");
      return;
    case 'due':
    case 'all':
    case 'notifications':
    case 'parked':
    case 'delivery':
    case 'test':
      return;
    default:
      throw invalid(`No known selection: ${JSON.stringify(selection)}`, "Name its kind, such as { kind: 'all' }.");
  }
}

function checkFilter(filter: NotificationFilter | FailedFilter, all: string): void {
  const empty = Object.entries(filter).find(([, value]) => value === undefined);
  if (empty !== undefined)
    throw invalid(`The filter's "${empty[0]}" is undefined`, 'Leave out what should not narrow.');
  if (Object.keys(filter).length === 0) throw invalid('The filter names nothing', `To choose all, select ${all}.`);
}

function invalid(message: string, hint: string): UserError {
  return new UserError('invalid_selection', message, { hint });
}
