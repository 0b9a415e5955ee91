import { UserError } from '../../lib/errors.ts';
import { readClause } from './words/clauses.ts';
import { Misread, suggestions } from './words/misread.ts';
import { compose, type WordedRule } from './words/rule.ts';
import type { Said } from './words/said.ts';
import { Tokens, tokensOf } from './words/tokens.ts';

export type { WordedRule };

/**
 * Reads a recurrence in English, in whatever order its days, times and months come:
 *
 *     every weekday at 09:00                    every 2 weeks on friday at 9:00
 *     last friday of the month at 16:00         1st and 15th of the month at 7am
 *     first weekday of the quarter at noon      every 2 hours from 8:00 to 18:00 on weekdays
 *
 * @throws UserError `invalid_recurrence`, which names the word that is not understood; its hint has a phrase that is.
 */
export function parseWords(text: string): WordedRule {
  const words = tokensOf(text.slice(0, LONGEST_TEXT));
  try {
    return readRule(words);
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    const near = suggestions(words, error, wrongWith).map((phrase) => `"${phrase}"`);
    const note = error.repair.note === undefined ? '' : ` ${error.repair.note}`;
    const hint = `Write it like ${near.join(' or ')}.${note}`;
    throw UserError.input('invalid_recurrence', `"${text}" is no recurrence: ${error.message}`, { hint, cause: error });
  }
}

const LONGEST_TEXT = 400;

/** True for a phrase that `parseWords` reads. */
export function isReadable(text: string): boolean {
  return wrongWith(text) === undefined;
}

function wrongWith(text: string): { words: readonly string[]; misread: Misread } | undefined {
  const words = tokensOf(text.slice(0, LONGEST_TEXT));
  try {
    readRule(words);
    return undefined;
  } catch (error) {
    if (error instanceof Misread) return { words, misread: error };
    throw error;
  }
}

function readRule(words: readonly string[]): WordedRule {
  const tokens = new Tokens(words);
  const said: Said = {};
  if (tokens.ended) throw new Misread(0, 'it is empty');
  while (!tokens.ended) readClause(tokens, said);
  return compose(said, tokens);
}
