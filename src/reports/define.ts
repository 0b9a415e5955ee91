import type { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import { type Author, checkData, checkDefinition, checkDraft } from './author-checks.ts';
import { type Format, formatFor, remembering, writtenWith } from './blocks/format.ts';
import { type Say, sayer, spokenLocale, type WordList, type Words } from './blocks/words.ts';
import type { Sources } from './sources/types.ts';
import { type ReportDraft, type ReportMessage, ReportSkipped, toMessage } from './message.ts';
import {
  placeOf,
  placeText,
  propertyAt,
  ReportImpossible,
  ReportMistake,
  stackOf,
  thrownAt,
  withDeepStacks,
} from './mistake.ts';

/** How long a report may take to load, in milliseconds; then it is given up, and a delivery loads it again. */
const LOAD_MAX_MS = 2 * 60_000;

/** What every report knows about the delivery it is made for. */
export interface ReportContext<Params, List extends WordList = WordList> {
  /** Whose data: the notification's account id. */
  account: string;
  params: Params;
  /** When the last delivered occurrence was due; undefined the first time. */
  since: Date | undefined;
  /** The instant this occurrence was due. */
  dueAt: Date;
  /** The notification's own zone; undefined where it rides a schedule. */
  timezone: string | undefined;
  /**
   * Numbers, dates and amounts by the notification's locale, and by its zone; UTC where it has none. In English where the words of
   * the report, or our own, lack the language: a message is in one language.
   */
  format: Format;
  /** The report's own words in the language of the message. @example say('orders', { count: 3 }) // "3 open orders" */
  say: Say<List>;
  /** A line above the report, whatever it renders: "Due 9:00 AM, posted 9:42 AM: …". */
  lead?: string | undefined;
}

/** A delivery as the ledger has it, before its parameters are checked; `locale` is `en-US` where none is given. */
export type ReportInput<Params = unknown> = Omit<ReportContext<Params>, 'format' | 'say'> & {
  locale?: string | undefined;
};

/** A report as its author writes it. */
export interface ReportDefinition<Schema extends z.ZodType, Data, List extends WordList> {
  /** What notifications call it: `open-orders`. Lower-case letters, digits and `-`. */
  name: string;
  /** One line for `slack-reports report list`. */
  description: string;
  params: Schema;
  /** False leaves out the small print that says why the message came. */
  footer?: boolean;
  /**
   * The texts of the report by language, for `say`: a message is in the language of its notification if they are in it, and in English
   * if not. `{name}` stands for a value; `count` chooses the plural form.
   * @example words: { en: { orders: { one: '{count} order', other: '{count} orders' } }, de: { orders: … } }
   */
  words?: Words<List>;
  /** The language of a report whose texts stand in its code; English by default. Its numbers and dates follow it. */
  language?: string;
  /** May fail, and is tried again. Throw ReportImpossible where trying again cannot help; `return skip(…)` says nothing. */
  load(context: ReportContext<z.output<Schema>, List>, sources: Sources): Promise<Data>;
  /** Pure: the same data always makes the same message. May `return skip(…)` too. */
  render(data: Data, context: ReportContext<z.output<Schema>, List>): ReportDraft;
}

/** A report whose `render` gives a message that Slack takes, or throws ReportImpossible, ReportMistake or ReportSkipped. */
export interface Report<Schema extends z.ZodType = z.ZodType, Data = unknown> {
  readonly name: string;
  readonly description: string;
  readonly params: Schema;
  /** Whether the small print that says why the message came is wanted. */
  readonly footer: boolean;
  load(input: ReportInput<z.output<Schema>>, sources: Sources): Promise<Data>;
  render(data: Data, input: ReportInput<z.output<Schema>>): ReportMessage;
  /** How a message is written for a locale: in a language that the report speaks. */
  format(reader: Pick<ReportInput, 'locale' | 'timezone'>): Format;
  /** Loads, for two minutes at most, and renders; throws a ZodError where the parameters do not fit the schema. */
  make(input: ReportInput, sources: Sources): Promise<ReportMessage>;
}

/** A report of any kind, as the registry holds it. */
export type AnyReport = Report;

/**
 * Defines a report; types reach from the schema of its parameters to its blocks. `load` may take two minutes and is tried again where
 * it fails; an error in `render` is final. Throws a ReportMistake where the definition is wrong.
 * @example export const hello = defineReport({ name: 'hello', description: 'Says hello', params: z.object({ to: z.string() }),
 *   load: async ({ params }) => params.to, render: (to) => ({ text: `Hello ${to}`, blocks: [section(mrkdwn`Hello *${to}*`)] }) });
 */
export function defineReport<Schema extends z.ZodType, Data, const List extends WordList = WordList>(
  definition: ReportDefinition<Schema, Data, List>,
): Report<Schema, Data> {
  const place = placeOf(new Error('defined here').stack);
  checkDefinition(definition, place);
  const { name, description, params, footer = true } = definition;
  const author = { report: name, place };
  const { words, language = 'en' } = definition;
  const languages = words === undefined ? [language] : Object.keys(words);
  const written = remembering(
    ([locale, timezone]: readonly [locale: string | undefined, timezone: string | undefined]) => {
      const format = formatFor(spokenLocale(locale, languages), timezone);
      return { format, say: sayer(words ?? ({ en: {} } as Words<List>), format) };
    },
  );
  const contextOf = <Params>({ locale, ...input }: ReportInput<Params>): ReportContext<Params, List> => ({
    ...input,
    ...written([locale, input.timezone]),
  });
  const report: Report<Schema, Data> = {
    name,
    description,
    params,
    footer,
    load: (input, sources) => loaded(author, () => definition.load(contextOf(input), sourcesFor(name, sources))),
    render(data, input) {
      const context = contextOf(input);
      return writtenWith(context.format, () => toMessage(name, draftOf(author, definition, data, context), input.lead));
    },
    format: ({ locale, timezone }) => written([locale, timezone]).format,
    async make(input, sources) {
      const typed = { ...input, params: params.parse(input.params) };
      return report.render(await report.load(typed, sources), typed);
    },
  };
  return report;
}

/** Two reports that call different things by one name do not get each other's. */
function sourcesFor(name: string, sources: Sources): Sources {
  return { ...sources, cached: (key, ttlMs, load) => sources.cached(`${name}/${key}`, ttlMs, load) };
}

/** What `load` gives, in time. */
async function loaded<Data>(author: Author, load: () => Promise<Data>): Promise<Data> {
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const place = propertyAt(author.place, 'load');
    tooLong.reject(
      new Error(
        `it took longer than ${LOAD_MAX_MS / 60_000} minutes${place === undefined ? '' : ` (${placeText(place)})`}`,
      ),
    );
  }, LOAD_MAX_MS);
  try {
    const data = await Promise.race([load(), tooLong.promise]);
    checkData(data, author);
    return data;
  } catch (error) {
    const place = thrownAt(error);
    if (!(error instanceof ReferenceError) || place === undefined) throw error;
    const problem = `\`load\` of report "${author.report}" threw: ${messageOf(error)}`;
    throw new ReportMistake(problem, UNKNOWN_NAME, { place, cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const UNKNOWN_NAME = 'Declare it, import it, or correct its name';

/** What to change where `render` threw. */
function fixOf(error: unknown, data: unknown): string {
  if (error instanceof ReferenceError) return UNKNOWN_NAME;
  if (data === undefined || data === null) return '`load` gave nothing: does it lack a `return`?';
  if (/currency/i.test(messageOf(error))) return "Write a code of ISO 4217: `currency: 'EUR'`";
  return 'Correct that line, or what it does with this data';
}

/** The same data fails again: unlike `load`, trying again does not help. */
function draftOf<Schema extends z.ZodType, Data, List extends WordList>(
  author: Author,
  definition: ReportDefinition<Schema, Data, List>,
  data: Data,
  context: ReportContext<z.output<Schema>, List>,
): ReportDraft {
  let draft: ReportDraft;
  try {
    draft = withDeepStacks(() => definition.render(data, context));
  } catch (error) {
    if (error instanceof ReportImpossible || error instanceof ReportSkipped) throw error;
    const problem = `Report "${author.report}" cannot be rendered: ${messageOf(error)}`;
    const fix = fixOf(error, data);
    const place = placeOf(stackOf(error)) ?? propertyAt(author.place, 'render');
    throw new ReportMistake(problem, fix, { place, cause: error });
  }
  checkDraft(draft, author);
  return draft;
}
