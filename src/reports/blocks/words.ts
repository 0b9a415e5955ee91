import { kindOf, ReportMistake } from '../mistake.ts';
import { OUR_WORDS } from './our-words.ts';

/** A text by plural form, as `Intl.PluralRules` names them for the language. */
export type Plural = { readonly other: string } & { readonly [form in Intl.LDMLPluralRule]?: string };

/** Texts by name. `{name}` stands for a value; which of several plural forms is taken says the value `count`. */
export interface WordList {
  readonly [word: string]: string | Plural;
}

/** The same texts in English and in other languages. */
export type Words<List extends WordList> = { readonly en: List } & {
  readonly [language: string]: { readonly [word in keyof NoInfer<List>]: string | Plural };
};

/** What stands for `{name}`. Numbers and dates are written as readers write them. */
export type WordValue = string | number | bigint | Date;

/** The text of a word in the language of the message. @example say('orders', { count: 3 }) // "3 open orders" */
export type Say<List extends WordList> = (
  word: keyof List & string,
  values?: Readonly<Record<string, WordValue>>,
) => string;

export type OurWords = typeof OUR_WORDS.en;

const DEFAULT_LANGUAGE = 'en';
export const DEFAULT_LOCALE = 'en-US';

/** The languages that our own words are in. */
export const LANGUAGES: readonly string[] = Object.keys(OUR_WORDS);

/** `de` of `de-AT`. Throws a RangeError for what is no locale. */
export function languageOf(locale: string): string {
  return new Intl.Locale(locale).language;
}

/** The locale of the whole message: English where our words, or those of the report, lack its language. */
export function spokenLocale(locale: string | undefined, languages: readonly string[]): string {
  if (locale === undefined) return fallbackOf(languages);
  const language = languageOf(locale);
  return LANGUAGES.includes(language) && languages.includes(language) ? locale : fallbackOf(languages);
}

/** English, unless the report is written in another language alone. */
function fallbackOf(languages: readonly string[]): string {
  const [first = DEFAULT_LANGUAGE] = languages;
  return languages.includes(DEFAULT_LANGUAGE) || first === DEFAULT_LANGUAGE ? DEFAULT_LOCALE : first;
}

/** How the values of words are written. */
interface WordFormat {
  locale: string;
  number: (value: number | bigint) => string;
  date: (instant: Date) => string;
}

/** Our own words in a language; in English where it is none of ours. */
export function ourWords(format: WordFormat): Say<OurWords> {
  return sayer<OurWords>(OUR_WORDS satisfies Words<WordList>, format);
}

/** Words in the language of a locale; in English where they are not in it. */
export function sayer<List extends WordList>(words: Words<List>, { locale, number, date }: WordFormat): Say<List> {
  const language = languageOf(locale);
  const list: WordList = words[language] ?? words.en;
  const plural = new Intl.PluralRules(words[language] === undefined ? DEFAULT_LOCALE : locale);
  const written = (value: WordValue) => {
    if (typeof value === 'string') return value;
    return value instanceof Date ? date(value) : number(value);
  };
  const french = language === 'fr';
  return (word, values = {}) => {
    const entry = list[word];
    if (entry === undefined)
      throw new ReportMistake(`There is no word "${word}"`, `Add it to \`words\`, in each language`);
    const { count } = values;
    const form = typeof count === 'number' || typeof count === 'bigint' ? plural.select(Number(count)) : 'other';
    const text = typeof entry === 'string' ? entry : (entry[form] ?? entry.other);
    return (french ? frenchSpaces(text) : text).replaceAll(PLACE, (_, name: string) => {
      const value = values[name];
      if (value !== undefined) return written(value);
      throw new ReportMistake(
        `Word "${word}" has {${name}}, which was not given`,
        `Write \`say('${word}', { ${name}: … })\``,
      );
    });
  };
}

const PLACE = /\{(\w+)\}/g;

/** French sets a space before two-part punctuation and inside its quotes, at which no line may break. */
function frenchSpaces(text: string): string {
  return text.replaceAll(/ (?=[:»])|(?<=«) /g, '\u00A0').replaceAll(/ (?=[;!?])/g, '\u202F');
}

/** What is wrong with the words of a report, with the word that it is about; undefined if nothing is. */
export function wordsMistake(words: unknown): { word?: string; problem: string; fix: string } | undefined {
  const example = "Write `words: { en: { title: 'Orders' }, de: { title: 'Bestellungen' } }`";
  if (typeof words !== 'object' || words === null || !('en' in words)) {
    return { problem: '`words` has no `en`, expected English and what other languages there are', fix: example };
  }
  const lists = words as Readonly<Record<string, WordList>>;
  const english = lists['en'] ?? {};
  for (const [language, list] of Object.entries(lists)) {
    if (!LANGUAGES.includes(language)) {
      const fix = `Take it out; our own words are in ${LANGUAGES.join(', ')}`;
      return { word: language, problem: `\`words\` has the language "${language}", which no message can be in`, fix };
    }
    for (const word of new Set([...Object.keys(english), ...Object.keys(list)])) {
      const [own, other] = [english[word], list[word]];
      if (own === undefined || other === undefined) {
        const problem = `\`words\` has "${word}" not in "${own === undefined ? 'en' : language}", expected it in each language`;
        return { word, problem, fix: 'Add it there, or take it out everywhere' };
      }
      if (!isEntry(other)) {
        const problem = `\`words\`: "${word}" in "${language}" is ${kindOf(other)}, expected a text or plural forms`;
        return { word, problem, fix: "Write `{ one: '{count} order', other: '{count} orders' }`" };
      }
      const unknown = [...placesOf(other)].find((name) => !placesOf(own).has(name));
      if (unknown !== undefined) {
        const problem = `\`words\`: "${word}" in "${language}" has {${unknown}}, which it has not in English`;
        return { word, problem, fix: 'Use the same names in each language' };
      }
    }
  }
  return undefined;
}

function isEntry(entry: unknown): entry is string | Plural {
  if (typeof entry === 'string') return true;
  return typeof entry === 'object' && entry !== null && 'other' in entry && Object.values(entry).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function placesOf(entry: string | Plural): Set<string> {
  const texts = typeof entry === 'string' ? [entry] : Object.values(entry);
  return new Set(texts.flatMap((text) => [...text.matchAll(PLACE)].map(([, name = '']) => name)));
}
