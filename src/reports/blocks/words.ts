import { kindOf, ReportMistake } from '../mistake.ts';

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

/**
 * Our own words: a message is in one of these languages, or in English. They are short, as labels are. Punctuation differs as
 * well: `colon` stands after a label, `comma` between the items of a list, and `aside` around a remark.
 */
export const OUR_WORDS = {
  en: {
    colon: ': ',
    comma: ', ',
    aside: ' ({text})',
    unchanged: 'unchanged',
    new: 'new',
    from: 'from {before}',
    better: 'better',
    worse: 'worse',
    total: 'Total',
    moreRows: { one: '… {count} more row', other: '… {count} more rows' },
    moreRowsInThread: { one: '… {count} more row in the thread', other: '… {count} more rows in the thread' },
    moreRowsInFile: { one: '… {count} more row in the file', other: '… {count} more rows in the file' },
    moreColumns: { one: '… {count} more column', other: '… {count} more columns' },
    moreFigures: '… {count} more',
    moreBlocks: {
      one: '… {count} more block did not fit into one message',
      other: '… {count} more blocks did not fit into one message',
    },
    morePosts: { one: '… {count} more post is left out', other: '… {count} more posts are left out' },
    rowsFromTo: 'Rows {from} to {to} of {count}',
    rows: { one: '{count} row', other: '{count} rows' },
    table: 'Table',
    noColumns: 'A table without columns',
    noFigures: 'No figures',
    noData: '{title}: no data',
    others: { one: '{count} other', other: '{count} others' },
    someOf: '{count} of {all}',
    value: 'Value',
    linkLeftOut: '{label} (link left out)',
    attached: 'Attached',
    late: 'Due {due}, posted {posted}: {reason}',
    nothingRan: 'nothing was running',
    caughtUp: 'caught up or backfilled',
    timesChanged: 'its times were changed after that',
    heldUp: 'it could not be posted earlier',
    failedFirst: 'it failed at first',
    unconfirmedFirst: 'it could not be confirmed at first',
    test: 'Test',
    testOf: '{test} of “{name}”, sent by hand to this channel only',
    getRecurring: 'You get this {when}, because {why}.',
    getScheduled: 'You get this each time the schedule {schedule} runs, because {why}.',
    getAsked: 'You get this because someone asked for “{name}” now.',
    getOnce: 'You get this once: “{name}” was planned for this time.',
    getSource: 'You get this because {source} has it for this channel.',
    getRemoved: 'This was the last one: “{name}” has been removed.',
    whyChannel: '“{name}” is set up for this channel',
    whyYou: '“{name}” is set up for you',
    regularly: 'regularly',
    everyDay: 'every day at {time} ({zone})',
    everyWeekday: 'every weekday at {time} ({zone})',
    everyDays: 'every {days} at {time} ({zone})',
    everyMonth: 'on day {date} of each month at {time} ({zone})',
    everyMinutes: { one: 'every minute', other: 'every {count} minutes' },
    everyHour: 'every hour',
  },
  de: {
    colon: ': ',
    comma: ', ',
    aside: ' ({text})',
    unchanged: 'unverändert',
    new: 'neu',
    from: 'von {before}',
    better: 'besser',
    worse: 'schlechter',
    total: 'Summe',
    moreRows: { one: '… {count} weitere Zeile', other: '… {count} weitere Zeilen' },
    moreRowsInThread: { one: '… {count} weitere Zeile im Thread', other: '… {count} weitere Zeilen im Thread' },
    moreRowsInFile: { one: '… {count} weitere Zeile in der Datei', other: '… {count} weitere Zeilen in der Datei' },
    moreColumns: { one: '… {count} weitere Spalte', other: '… {count} weitere Spalten' },
    moreFigures: '… {count} weitere',
    moreBlocks: {
      one: '… {count} weiterer Block passte nicht in eine Nachricht',
      other: '… {count} weitere Blöcke passten nicht in eine Nachricht',
    },
    morePosts: {
      one: '… {count} weiterer Beitrag ist weggelassen',
      other: '… {count} weitere Beiträge sind weggelassen',
    },
    rowsFromTo: 'Zeilen {from} bis {to} von {count}',
    rows: { one: '{count} Zeile', other: '{count} Zeilen' },
    table: 'Tabelle',
    noColumns: 'Eine Tabelle ohne Spalten',
    noFigures: 'Keine Kennzahlen',
    noData: '{title}: keine Daten',
    others: { one: '{count} weitere', other: '{count} weitere' },
    someOf: '{count} von {all}',
    value: 'Wert',
    linkLeftOut: '{label} (Link weggelassen)',
    attached: 'Angehängt',
    late: 'Fällig {due}, gesendet {posted}: {reason}',
    nothingRan: 'das System lief nicht',
    caughtUp: 'nachgeholt',
    timesChanged: 'die Zeiten wurden danach geändert',
    heldUp: 'früher war das Senden nicht möglich',
    failedFirst: 'der erste Versuch ist fehlgeschlagen',
    unconfirmedFirst: 'zuerst war unklar, ob es angekommen ist',
    test: 'Test',
    testOf: '{test} von „{name}“, von Hand nur an diesen Kanal gesendet',
    getRecurring: 'Sie erhalten dies {when}, weil {why}.',
    getScheduled: 'Sie erhalten dies mit jedem Lauf des Zeitplans {schedule}, weil {why}.',
    getAsked: 'Sie erhalten dies, weil jemand „{name}“ gerade angefordert hat.',
    getOnce: 'Sie erhalten dies einmalig: „{name}“ war für diesen Zeitpunkt geplant.',
    getSource: 'Sie erhalten dies, weil {source} es für diesen Kanal vorsieht.',
    getRemoved: 'Dies war die letzte Nachricht: „{name}“ wurde entfernt.',
    whyChannel: '„{name}“ für diesen Kanal eingerichtet ist',
    whyYou: '„{name}“ für Sie eingerichtet ist',
    regularly: 'regelmäßig',
    everyDay: 'täglich um {time} Uhr ({zone})',
    everyWeekday: 'montags bis freitags um {time} Uhr ({zone})',
    everyDays: 'jeden {days} um {time} Uhr ({zone})',
    everyMonth: 'am {date}. jedes Monats um {time} Uhr ({zone})',
    everyMinutes: { one: 'jede Minute', other: 'alle {count} Minuten' },
    everyHour: 'stündlich',
  },
  fr: {
    colon: ' : ',
    comma: ', ',
    aside: ' ({text})',
    unchanged: 'inchangé',
    new: 'nouveau',
    from: 'contre {before}',
    better: 'mieux',
    worse: 'moins bien',
    total: 'Total',
    moreRows: { one: '… {count} autre ligne', other: '… {count} autres lignes' },
    moreRowsInThread: { one: '… {count} autre ligne dans le fil', other: '… {count} autres lignes dans le fil' },
    moreRowsInFile: { one: '… {count} autre ligne dans le fichier', other: '… {count} autres lignes dans le fichier' },
    moreColumns: { one: '… {count} autre colonne', other: '… {count} autres colonnes' },
    moreFigures: { one: '… {count} autre', other: '… {count} autres' },
    moreBlocks: {
      one: '… {count} autre bloc ne tenait pas dans un message',
      other: '… {count} autres blocs ne tenaient pas dans un message',
    },
    morePosts: { one: '… {count} autre message est omis', other: '… {count} autres messages sont omis' },
    rowsFromTo: 'Lignes {from} à {to} sur {count}',
    rows: { one: '{count} ligne', other: '{count} lignes' },
    table: 'Tableau',
    noColumns: 'Un tableau sans colonnes',
    noFigures: 'Aucun chiffre',
    noData: '{title} : aucune donnée',
    others: { one: '{count} autre', other: '{count} autres' },
    someOf: '{count} sur {all}',
    value: 'Valeur',
    linkLeftOut: '{label} (lien omis)',
    attached: 'En pièce jointe',
    late: 'Prévu {due}, envoyé {posted} : {reason}',
    nothingRan: 'le service était arrêté',
    caughtUp: 'envoi rattrapé',
    timesChanged: 'les horaires ont été modifiés ensuite',
    heldUp: 'l’envoi n’était pas possible plus tôt',
    failedFirst: 'le premier essai a échoué',
    unconfirmedFirst: 'le premier envoi n’a pas pu être confirmé',
    test: 'Test',
    testOf: '{test} de « {name} », envoyé manuellement à ce canal uniquement',
    getRecurring: 'Vous recevez ce message {when}, car {why}.',
    getScheduled: 'Vous recevez ce message à chaque exécution de la planification {schedule}, car {why}.',
    getAsked: 'Vous recevez ce message car quelqu’un vient de demander « {name} ».',
    getOnce: 'Vous recevez ce message une seule fois : « {name} » était prévu pour ce moment.',
    getSource: 'Vous recevez ce message car {source} le prévoit pour ce canal.',
    getRemoved: 'Ce message était le dernier : « {name} » a été supprimé.',
    whyChannel: '« {name} » est configuré pour ce canal',
    whyYou: '« {name} » est configuré pour vous',
    regularly: 'régulièrement',
    everyDay: 'chaque jour à {time} ({zone})',
    everyWeekday: 'du lundi au vendredi à {time} ({zone})',
    everyDays: 'chaque {days} à {time} ({zone})',
    everyMonth: {
      one: 'le {date}er de chaque mois à {time} ({zone})',
      other: 'le {date} de chaque mois à {time} ({zone})',
    },
    everyMinutes: { one: 'chaque minute', other: 'toutes les {count} minutes' },
    everyHour: 'chaque heure',
  },
  es: {
    colon: ': ',
    comma: ', ',
    aside: ' ({text})',
    unchanged: 'sin cambios',
    new: 'nuevo',
    from: 'frente a {before}',
    better: 'mejor',
    worse: 'peor',
    total: 'Total',
    moreRows: { one: '… {count} fila más', other: '… {count} filas más' },
    moreRowsInThread: { one: '… {count} fila más en el hilo', other: '… {count} filas más en el hilo' },
    moreRowsInFile: { one: '… {count} fila más en el archivo', other: '… {count} filas más en el archivo' },
    moreColumns: { one: '… {count} columna más', other: '… {count} columnas más' },
    moreFigures: '… {count} más',
    moreBlocks: {
      one: '… {count} bloque más no cupo en un mensaje',
      other: '… {count} bloques más no cupieron en un mensaje',
    },
    morePosts: { one: '… se omite {count} mensaje más', other: '… se omiten {count} mensajes más' },
    rowsFromTo: 'Filas {from} a {to} de {count}',
    rows: { one: '{count} fila', other: '{count} filas' },
    table: 'Tabla',
    noColumns: 'Una tabla sin columnas',
    noFigures: 'Sin cifras',
    noData: '{title}: sin datos',
    others: { one: '{count} más', other: '{count} más' },
    someOf: '{count} de {all}',
    value: 'Valor',
    linkLeftOut: '{label} (enlace omitido)',
    attached: 'Adjunto',
    late: 'Previsto {due}, enviado {posted}: {reason}',
    nothingRan: 'el servicio estaba parado',
    caughtUp: 'envío recuperado',
    timesChanged: 'los horarios se cambiaron después',
    heldUp: 'no se pudo enviar antes',
    failedFirst: 'el primer intento falló',
    unconfirmedFirst: 'el primer envío no se pudo confirmar',
    test: 'Prueba',
    testOf: '{test} de «{name}», enviada manualmente y solo a este canal',
    getRecurring: 'Recibes esto {when}, porque {why}.',
    getScheduled: 'Recibes esto cada vez que se ejecuta la programación {schedule}, porque {why}.',
    getAsked: 'Recibes esto porque alguien acaba de pedir «{name}».',
    getOnce: 'Recibes esto una sola vez: «{name}» estaba previsto para esta hora.',
    getSource: 'Recibes esto porque {source} lo prevé para este canal.',
    getRemoved: 'Este ha sido el último mensaje: «{name}» se ha eliminado.',
    whyChannel: '«{name}» está configurado para este canal',
    whyYou: '«{name}» está configurado para ti',
    regularly: 'periódicamente',
    everyDay: 'cada día ({time}, {zone})',
    everyWeekday: 'de lunes a viernes ({time}, {zone})',
    everyDays: 'cada {days} ({time}, {zone})',
    everyMonth: 'el día {date} de cada mes ({time}, {zone})',
    everyMinutes: { one: 'cada minuto', other: 'cada {count} minutos' },
    everyHour: 'cada hora',
  },
  ja: {
    colon: ': ',
    comma: '、',
    aside: '（{text}）',
    unchanged: '変化なし',
    new: '新規',
    from: '前回 {before}',
    better: '改善',
    worse: '悪化',
    total: '合計',
    moreRows: '… 他 {count} 行',
    moreRowsInThread: '… 他 {count} 行はスレッドにあります',
    moreRowsInFile: '… 他 {count} 行はファイルにあります',
    moreColumns: '… 他 {count} 列',
    moreFigures: '… 他 {count} 件',
    moreBlocks: '… 他 {count} ブロックは 1 件のメッセージに収まりませんでした',
    morePosts: '… 他 {count} 件の投稿は省略されました',
    rowsFromTo: '{count} 行中 {from}～{to} 行目',
    rows: '{count} 行',
    table: '表',
    noColumns: '列のない表',
    noFigures: '数値なし',
    noData: '{title}: データなし',
    others: 'その他 {count} 件',
    someOf: '{all} 件中 {count} 件',
    value: '値',
    linkLeftOut: '{label}（リンク省略）',
    attached: '添付ファイル',
    late: '予定 {due}、送信 {posted}: {reason}',
    nothingRan: '停止していたため',
    caughtUp: '後から送信',
    timesChanged: '予定時刻が変更されたため',
    heldUp: 'これより前に送信できなかったため',
    failedFirst: '最初の送信に失敗したため',
    unconfirmedFirst: '最初の送信を確認できなかったため',
    test: 'テスト',
    testOf: '「{name}」の{test}: このチャンネルにのみ手動で送信',
    getRecurring: '{why}、{when}に届きます。',
    getScheduled: '{why}、スケジュール {schedule} の実行ごとに届きます。',
    getAsked: '「{name}」がリクエストされたため届きました。',
    getOnce: '「{name}」がこの時刻に予定されていたため、1 回だけ届きました。',
    getSource: '{source} がこのチャンネルを対象としているため届きました。',
    getRemoved: 'これが最後です。「{name}」は削除されました。',
    whyChannel: '「{name}」がこのチャンネルに設定されているため',
    whyYou: '「{name}」があなたに設定されているため',
    regularly: '定期的',
    everyDay: '毎日 {time}（{zone}）',
    everyWeekday: '平日の {time}（{zone}）',
    everyDays: '毎週{days}の {time}（{zone}）',
    everyMonth: '毎月 {date} 日の {time}（{zone}）',
    everyMinutes: '{count} 分ごと',
    everyHour: '1 時間ごと',
  },
} as const satisfies Words<WordList>;

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
  return sayer<OurWords>(OUR_WORDS, format);
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
