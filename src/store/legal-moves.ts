import { type DeliveryState, PART_STATES } from './schema.ts';

/** Every legal move; the database refuses all others. `delivered`, `missed`, `cancelled` and `skipped` are final. */
export const LEGAL_MOVES: readonly (readonly [DeliveryState, DeliveryState])[] = [
  ['pending', 'posting'],
  ['pending', 'failed'],
  ['pending', 'parked'],
  ['pending', 'cancelled'],
  ['pending', 'skipped'], // the report had nothing to say
  ['posting', 'pending'], // Slack surely did not take it
  ['posting', 'delivered'],
  ['posting', 'failed'],
  ['posting', 'parked'],
  ['posting', 'unconfirmed'],
  ['parked', 'pending'], // resumed
  ['parked', 'cancelled'],
  ['parked', 'missed'],
  ['failed', 'pending'], // driven again on purpose
];

/** A part's legal moves are those of a delivery that leads to no other state than these. */
export const PART_MOVES = LEGAL_MOVES.filter(
  ([from, to]) => (from === 'pending' || from === 'posting') && isPartState(to),
);

function isPartState(state: DeliveryState): boolean {
  return (PART_STATES as readonly string[]).includes(state);
}
