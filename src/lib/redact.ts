import { inspect } from 'node:util';
import { withoutKnown } from './known-secrets.ts';
import { PROVIDER_PATTERNS } from './secret-patterns.ts';

/** What stands in the place of a secret. */
const BLOT = '***';

/** Longer ones say no more, in characters. */
const MESSAGE_MAX = 8_192;
const STACK_MAX = 16_384;
/** What is longer is cut before anything reads it: redacting blocks the process. */
const WHOLE_MAX = 131_072;
const CAUSES_MAX = 10;

/**
 * The text without the secrets that this process knows, and without anything that looks like a token, a key or a password, also
 * in JSON, YAML or code, percent-encoded or in base64. Reads the first 131,072 characters and cuts the rest, so the longest text
 * takes some milliseconds.
 * @example redact('connect postgres://app:hunter2@db failed') // 'connect postgres://app:***@db failed'
 */
export function redact(text: string): string {
  const bounded = withoutKnown(cut(text, WHOLE_MAX), BLOT);
  return bounded.length < SHAPE_MIN ? bounded : withoutEncoded(withoutShapes(bounded));
}

/** At most `max` characters. The last word goes with the rest: half a token does not look like one. */
export function cut(text: string, max: number = MESSAGE_MAX): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max);
  const word = /[\s"',;&]/;
  let end = max;
  while (end > 0 && max - end < LAST_WORD_MAX && !word.test(kept.charAt(end - 1))) end -= 1;
  return `${kept.slice(0, end).toWellFormed()}… (${text.length} characters)`;
}

/** The longest tokens have some 1,000 characters. */
const LAST_WORD_MAX = 2_048;

/** What is called so is secret whatever it is. */
const STRONG = String.raw`password|passwd|passphrase|passcode|(?:store|key)pass(?![a-z])|(?<![a-z])pass(?![a-z])|(?<![a-z])pwd(?![a-z])|secret|mnemonic|passwort|kennwort|contrase\u00f1a|contrasena|mot[-_ ]de[-_ ]passe|wachtwoord`;
/** What is called so may be a word of a sentence: "gives no token: missing_scope". */
const WEAK = String.raw`token|credential|signature|(?<![a-z])sig(?![a-z])|(?:session(?:_?id)?|sess_?id|(?<![a-z])saml(?:request|response))(?![a-z])|(?<![a-z])auth(?![a-z])|authorization|(?:api|access|secret|private|signing|encryption|account|client|auth|master|shared|storage)[-_. ]?key|(?<=[_-])key(?![a-z])|(?<![a-z0-9])key(?==)|(?<![a-z])(?:pw|pin|otp)(?=["'\x60\\]{0,4}[ \t]?[:=])`;
/** Any of them, with what may follow in the same name: `DB_PASSWORD_2`. */
const NAME = String.raw`(?:${STRONG}|${WEAK})[\w.-]{0,40}`;
/** A value that stands after a name without a sign: with a digit, or "the password is wrong" would lose its last word. */
const CODE = String.raw`(?=[^\s"'\\]{0,256}\d)[^\s"'\\]{6,}`;
/** The marks around a name or value, and the space between, as they are and as JSON escapes them. */
const MARK = String.raw`\\{0,8}["'\x60]`;
const GAP = String.raw`(?:\s|\\[nrt]){0,80}`;

/** Applied in this order. Each takes time that grows with the text: none begins with a repetition, and all are bounded. */
const SHAPES: readonly [RegExp, string][] = [
  // Keys, whole or cut off: https://www.rfc-editor.org/rfc/rfc7468
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----(?:(?!-----END)[\w+/=:,.\s-]|\\[nrt])*(?:-----END [A-Z0-9 ]{0,60}-----)?/g,
    BLOT,
  ],
  // Slack's tokens, also rotated ones (xoxe.xoxb-…): https://docs.slack.dev/authentication/tokens. A line may end after a hyphen.
  [/xox[a-z](?:\.xox[a-z])?-(?:[\w%-]|(?<=-)(?:\r?\n|(?:\\r)?\\n)[ \t]{0,80})+/gi, 'xox*-***'],
  [/xapp-[\w-]+/gi, 'xapp-***'],
  // Anyone who has these addresses can post or upload with them.
  [/(hooks\.slack\.com\/(?:services|workflows|triggers))\/[\w/-]+/gi, '$1/***'],
  [/(files\.slack\.com\/upload\/v\d{1,3})\/[\w/-]+/gi, '$1/***'],
  [/(discord(?:app)?\.com\/api\/webhooks\/\d{1,30})\/[\w-]+/gi, '$1/***'],
  [/(\/hooks\/(?:catch\/)?)[\w/-]{10,}/gi, `$1${BLOT}`],
  [/(\/bot)\d{5,16}:[\w-]{20,}/g, '$1***'],
  // API keys of Temporal Cloud are JSON Web Tokens.
  [/(?<![A-Za-z0-9])eyJ[\w-]{8,1024}\.[\w-]{8,}(?:\.[\w-]*)*/g, BLOT],
  [/(ya29\.|GOCSPX-|whsec_)[\w-]{16,}/g, `$1${BLOT}`],
  [/(?<![a-z])(Bearer|Negotiate|ApiKey)\s{1,8}[\w.~+/=%-]{8,}/gi, '$1 ***'],
  [/(?<![A-Za-z])([Bb]asic|[Tt]oken|[Dd]igest)\s{1,8}(?=[\w.~+/-]*(?:[\d=]|[a-z][A-Z]))[\w.~+/=%-]{8,}/g, '$1 ***'],
  // A scheme of a product's own: "Authorization: GenieKey …".
  [
    /(authorization\\{0,8}["']?\s{0,8}[:=,]\s{0,8}\\{0,8}["']?[a-z][\w-]{0,40}\s{1,8})(?=[^\s"'\\]{0,256}\d)[^\s"'\\]{8,}/gi,
    `$1${BLOT}`,
  ],
  [/(?<![a-z])(response=\\{0,8}")[0-9a-f]{16,128}/gi, `$1${BLOT}`],
  [/(?<![a-z])((?:set-)?cookie\\{0,8}["']?\s{0,8}[:=]\s{0,8}\\{0,8}["']?)[^"'\\\r\n]+/gi, `$1${BLOT}`],
  // A password in a URL, even one that should have been escaped; not host:port/path@version.
  [/(:\/\/[^\s/:@"'\\]{0,128}):(?!\d{1,5}(?:\/|$)|password@)[^\s"'\\]{1,512}@/g, `$1:${BLOT}@`],
  [/(:\/\/)(?=[\w.~%+-]{0,256}\d)[\w.~%+-]{16,256}:?@/g, `$1${BLOT}@`],
  // .pgpass, .netrc, and the statements and commands that take a password without a sign between.
  [/(:\d{2,5}:[\w*.-]{1,64}:[\w*.-]{1,64}:)[^\s"'\\]{4,}/g, `$1${BLOT}`],
  [/((?:login|user)\s{1,8}\S{1,128}\s{1,8}password\s{1,8})(?=[^\s]{0,256}\d)[^\s"'\\]+/gi, `$1${BLOT}`],
  [/((?:password|identified\s{1,8}by)\s{1,8}\\{0,8}')[^'"\\\r\n]+/gi, `$1${BLOT}`],
  [/(?<![A-Za-z])(AUTH )(?=\S{0,64}\d)[^\s"'\\]{6,}/g, `$1${BLOT}`],
  [/((?:-u|--user)[ =]{1,8}\\{0,8}["']?[^\s:"'\\]{1,128}:)[^\s"'\\]+/g, `$1${BLOT}`],
  [
    /(--[a-z-]{0,40}(?:password|passwd|passphrase|pass|secret|token|key)\s{1,8}\\{0,8}["']?)(?!-|env:|file:)(?=[^\s"'\\]{0,256}[\dA-Z])[^\s"'\\]{4,}/g,
    `$1${BLOT}`,
  ],
  [/(?<![\w-])((?:mysql|mariadb)[a-z]{0,16}[^\r\n]{0,200}?\s-p)[^\s"'\\]{4,}/g, `$1${BLOT}`],
  [
    /(?<![\w-])((?:sshpass\s{1,8}-p|redis-cli[^\r\n]{0,200}?\s-a|ldap[a-z]{1,16}[^\r\n]{0,200}?\s-w|openssl[^\r\n]{0,200}?\spass:)\s{0,8}\\{0,8}["']?)[^\s"'\\]{4,}/g,
    `$1${BLOT}`,
  ],
  [/(?<![\w-])(-[a-z]{0,16}(?:pass|password|secret|token)\s{1,8})(?=[^\s"'\\]{0,256}\d)[^\s"'\\]{4,}/g, `$1${BLOT}`],
  [/((?:sqlplus\s{1,8}|:thin:)[\w$#]{1,64}\/)[^\s"'\\@]{1,256}(?=@)/gi, `$1${BLOT}`],
  // Headers in an array (a text before a colon is the name of a property instead), pairs of attributes, elements.
  [
    /((?:x-[a-z][a-z-]{0,39}|api-key|authorization|private-token)\\{0,8}["']\s{0,8},\s{0,8}\\{0,8}["'])(?![^"'\\\r\n]{0,128}\\{0,8}["']\s{0,8}:)[^"'\\\r\n]+/gi,
    `$1${BLOT}`,
  ],
  [/((?:password|secret|token)\\{0,8}["']\s{1,8}value\s{0,8}=\s{0,8}\\{0,8}["'])[^"'\\\r\n]+/gi, `$1${BLOT}`],
  [/((?:password|passwd|secret|token|apikey)>)[^<"'\\]+/gi, `$1${BLOT}`],
  [/(<[\w:.-]{0,40}(?:password|passwd|secret|token|apikey)\s[^<>]{0,200}>)[^<"'\\]+/gi, `$1${BLOT}`],
  // A name and its value, each in a place of its own: `define('X', '…')`, Kubernetes, Terraform, property lists, forms.
  [
    new RegExp(
      String.raw`(${MARK}[\w.-]{0,40}(?:${STRONG}|${WEAK})[a-z_.-]{0,40}${MARK}\s{0,8},\s{0,8}${MARK})(?=[^"'\\]{0,256}\d)[^"'\\\r\n]{6,}`,
      'gi',
    ),
    `$1${BLOT}`,
  ],
  [
    new RegExp(
      String.raw`(${NAME}(?:${MARK})?(?:[\s,{]|\\[nrt]){1,80}(?:${MARK})?(?:value|default|string)(?:${MARK})?\s{0,8}[:=]\s{0,8}(?:${MARK})?)(?=[^\s"'\\]{0,256}\d)[^\s"'\\,}]{4,}`,
      'gi',
    ),
    `$1${BLOT}`,
  ],
  [new RegExp(String.raw`(${NAME}""\s{0,8}[:=,]\s{0,8}"")[^"\r\n]+`, 'gi'), `$1${BLOT}`],
  [new RegExp(String.raw`(${NAME}</key>${GAP}<string>)[^<]+`, 'gi'), `$1${BLOT}`],
  [new RegExp(String.raw`(name=${MARK}${NAME}${MARK}(?:\r\n|\\r\\n){2})[^\s\\]+`, 'gi'), `$1${BLOT}`],
  // Without a sign between, or with one of prose: a tab, "->", "==", "is", "received".
  [
    new RegExp(
      String.raw`(${NAME}(?:${MARK})?(?:\t|\\t|\s{0,8}(?:->|={2,3}|\u2192)\s{0,8}|\s(?:is|was)\s|,?\s(?:received|got)\s)(?:${MARK})?)${CODE}`,
      'gi',
    ),
    `$1${BLOT}`,
  ],
  [
    new RegExp(String.raw`([A-Z0-9]_(?:PASSWORD|PASS|PWD|SECRET|TOKEN|KEY)[ \t]{1,8}(?:${MARK})?)${CODE}`, 'g'),
    `$1${BLOT}`,
  ],
  [
    /(?<=["'])[^\s"'\\]{8,512}(?=\\{0,8}["'] is (?:not a valid|no valid|an invalid) (?:api )?(?:token|password|key|secret))/gi,
    BLOT,
  ],
  [/((?:password|pwd)=\{)[^}"'\\\r\n]+/gi, `$1${BLOT}`],
  [/([?&](?:code|sig|hash|ticket)=)[\w.~%+/=-]{16,}/gi, `$1${BLOT}`],
  // A private key of PuTTY's, of a JSON Web Key, of a blockchain.
  [/(Private-Lines: \d{1,4}(?:\r?\n|\\r\\n|\\n))(?:[\w+/=]{1,100}(?:\r?\n|\\r\\n|\\n|$)){1,100}/g, `$1${BLOT}\n`],
  [/((?<=["'])(?:d|p|q|dp|dq|qi|k)\\{0,8}["']\s{0,8}:\s{0,8}\\{0,8}["'])[\w-]{20,}/g, `$1${BLOT}`],
  [/(?<![\w])0x[0-9a-f]{64}(?![0-9a-f])/gi, BLOT],
];

/** Forms of tokens that many services share, and few that are in no list. After the providers', which know where theirs end. */
const TOKENS: readonly [RegExp, string][] = [
  // "gsk_…", "lsv2_pt_…", "sk_org_live_…": a short name, and 20 characters with a digit.
  [
    /(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9]{1,9}_(?:[A-Za-z0-9]{1,10}_){0,3})(?=\w{0,64}\d)(?=\w{0,64}[A-Za-z])[A-Za-z0-9]{20}\w*/g,
    `$1${BLOT}`,
  ],
  [
    /(?<![A-Za-z0-9])((?:sk|pk|rk|pat|tskey|xai|cfpat)-(?:[a-z0-9]{1,10}-){0,3})(?=[\w-]{0,64}\d)[\w-]{20,}/gi,
    `$1${BLOT}`,
  ],
  [/(?<![A-Za-z0-9])(pat)[A-Za-z0-9]{14}\.[a-f0-9]{64}/g, `$1${BLOT}`],
  [/(access_token\$\w{1,32}\$)\w{8,64}\$\w{16,}/g, `$1${BLOT}`],
  [/(?<!\w)\d\/\d{16}\/\d{16}:[0-9a-f]{32}/g, BLOT],
  [/(?<!\w)\d{8,10}:AA[\w-]{33}/g, BLOT],
  [/(?<!\w)[0-9a-f]{32}(?=-us\d{1,2}(?!\w))/g, BLOT],
  [/(?<!\w)[0-9a-f]{36}NRAL(?!\w)/g, BLOT],
];

/** What may be a token without a form: it is asked for letters of both cases and digits that change often. */
const LONG_WORD = /[\w+/-]{30,}={0,2}/g;

/** True for base64 and the like; false for hashes in hexadecimal, UUIDs, paths, times and names. */
function isRandom(word: string): boolean {
  const of = { upper: 0, lower: 0, digit: 0, other: 0 };
  let changes = 0;
  let last = '';
  for (const char of word) {
    const kind =
      char >= '0' && char <= '9'
        ? 'digit'
        : char >= 'a' && char <= 'z'
          ? 'lower'
          : char >= 'A' && char <= 'Z'
            ? 'upper'
            : 'other';
    of[kind] += 1;
    if (kind !== last) changes += 1;
    last = kind;
  }
  return of.upper >= 4 && of.lower >= 4 && of.digit >= 3 && of.other < word.length / 8 && changes > word.length * 0.45;
}

/** No provider's token is shorter. */
const TOKEN_LIKE = /[\w.~-]{14}/;
/** No shape of a secret is shorter: `pwd=x`. */
const SHAPE_MIN = 5;

function withoutShapes(text: string): string {
  let clean = SHAPES.reduce((so, [secret, instead]) => so.replace(secret, instead), text);
  if (!TOKEN_LIKE.test(clean)) return withoutAssigned(clean);
  const lower = clean.toLowerCase();
  for (const [words, pattern] of PROVIDER_PATTERNS) {
    if (words.some((word) => lower.includes(word))) clean = clean.replace(pattern, blotGroup);
  }
  for (const [token, instead] of TOKENS) clean = clean.replace(token, instead);
  clean = clean.replace(LONG_WORD, (word) => (isRandom(word) ? BLOT : word));
  return withoutAssigned(clean);
}

/** Of a pattern with a group, only what is in it is secret. */
function blotGroup(match: string, ...groups: unknown[]): string {
  const secret = groups.find((group) => typeof group === 'string' && group !== '' && match.includes(group));
  // The last two are the offset and the whole text.
  return typeof secret === 'string' && groups.indexOf(secret) < groups.length - 2 ? match.replace(secret, BLOT) : BLOT;
}

/** A name, with what stands around it in JSON, code or an address, a sign, and the quotation mark of a value. */
const ASSIGNED = new RegExp(
  String.raw`(?:(${STRONG})|${WEAK})[\w.-]{0,40}(\\{0,8}["'\x60])?\]?` +
    String.raw`[ \t]{0,8}(:=|=>|=(?!=)|:(?!:))(?:\s|\\[nrt]){0,80}(?:[|>][-+]?(?:\s|\\[nrt]){1,80})?(\\{0,8}["'\x60])?`,
  'gi',
);
/** Without quotation marks it ends at a space or a sign that closes it; a comma or semicolon inside belongs to it. */
const BARE = /(?:[^\s"'\x60\\,;&<>|(){}[\]]|[,;](?=[^\s"'\x60\\,;&<>|(){}[\]]))+/y;
/** Where a secret is, or none at all. */
const NO_SECRET = /^(?:env:|file:|sandbox$|\*\*\*|xox\*|xapp-\*|null$|true$|false$|undefined$|none$|\[object|\$\{)/i;
/** "token: missing_scope", "token_expired: 2026-11-28": a word, a code or a time. */
const WORD = /^(?:[a-z_.-]+|\d{4}-\d\d-\d\d.*|.{1,7})$/i;

/** Blots out the values of what is called a password, token and so on, in any of the ways people write that. */
function withoutAssigned(text: string): string {
  let clean = '';
  let done = 0;
  ASSIGNED.lastIndex = 0;
  for (let match = ASSIGNED.exec(text); match !== null; match = ASSIGNED.exec(text)) {
    const [whole, strong, nameQuote = '', sign, quote = ''] = match;
    const from = match.index + whole.length;
    const value = quote === '' ? bareAt(text, from) : quotedAt(text, from, quote);
    const isProse = strong === undefined && sign === ':' && nameQuote === '' && quote === '';
    const isPath = /^pwd$/i.test(strong ?? '') && value.startsWith('/');
    const isPlain = value === '' || NO_SECRET.test(value) || isPath || (isProse && WORD.test(value));
    if (isPlain) continue;
    // A number needs the quotation marks that its name has, or JSON would be none any more.
    const marks = quote === '' && nameQuote.endsWith('"') ? nameQuote : '';
    clean += text.slice(done, from) + marks + BLOT + marks;
    done = from + value.length;
    ASSIGNED.lastIndex = done;
  }
  return clean + text.slice(done);
}

function bareAt(text: string, from: number): string {
  BARE.lastIndex = from;
  return BARE.exec(text)?.[0] ?? '';
}

/** Until the same quotation mark, escaped as often; at most to the end of a text in JSON that it would otherwise run over. */
function quotedAt(text: string, from: number, quote: string): string {
  const mark = quote.at(-1) ?? '"';
  const slashes = quote.length - 1;
  let run = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      run += 1;
      continue;
    }
    const isEnd = char === mark && run === slashes;
    const isOuter = char === '"' && run < slashes;
    if (isEnd || isOuter || (mark !== '"' && char === '"' && run === 0) || (char === '\n' && mark !== '"')) {
      return text.slice(from, at - Math.min(run, char === mark || isOuter ? run : 0));
    }
    run = 0;
  }
  return text.slice(from);
}

const PERCENT_ENCODED = /%[0-9a-f]{2}/i;
/** Other ways to write the same text: any letter in JSON and code, a quotation mark in SQL. */
const READINGS: readonly [RegExp, (match: string, hex?: string) => string][] = [
  [/\\u00([2-7][0-9a-f])/gi, (_, hex = '') => String.fromCharCode(parseInt(hex, 16))],
  [/''/g, () => "'"],
];
/** A word that may be base64 of something, and its padding. */
const BASE64 = /[\w+/-]{24,}={0,2}/g;
const HEXADECIMAL = /(?<![0-9a-f])(?:[2-7][0-9a-f]){8,}(?![0-9a-f])/gi;
const PRINTABLE = /^[\t\n\r -~]+$/;
/** What is encoded, and encoded again. */
const TIMES_ENCODED = 2;

/** Looks into what is percent-encoded, in base64, in hexadecimal or in escapes, twice. */
function withoutEncoded(text: string): string {
  let clean = text.includes('%')
    ? text.replace(/[^\s"'<>\\]+/g, (word) => (PERCENT_ENCODED.test(word) ? withoutPercent(word) : word))
    : text;
  for (const [written, meant] of READINGS) {
    const plain = clean.replace(written, meant);
    const without = plain === clean ? plain : withoutShapes(plain);
    if (without !== plain) clean = without;
  }
  return clean
    .replace(HEXADECIMAL, (word) => (holdsSecret(Buffer.from(word, 'hex').toString('latin1')) ? BLOT : word))
    .replace(BASE64, (word) => (hidesSecret(word) ? BLOT : word));
}

function withoutPercent(word: string): string {
  let decoded = word;
  for (let times = 0; times < TIMES_ENCODED && PERCENT_ENCODED.test(decoded); times += 1) {
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    const clean = withoutShapes(decoded);
    if (clean !== decoded)
      return clean.replace(/[^!#$&-;=?-[\]-~]/g, (char) => encodeURIComponent(char.toWellFormed()));
  }
  return word;
}

function hidesSecret(word: string, times = TIMES_ENCODED): boolean {
  // The word may have stood behind others, such as a path.
  return [0, 1, 2, 3].some((skipped) => {
    const decoded = Buffer.from(word.slice(skipped), 'base64').toString('latin1');
    if (!PRINTABLE.test(decoded)) return false;
    const isEncoded = times > 1 && decoded.length === (decoded.match(BASE64)?.[0].length ?? 0);
    return holdsSecret(decoded) || (isEncoded && hidesSecret(decoded, times - 1));
  });
}

function holdsSecret(decoded: string): boolean {
  return PRINTABLE.test(decoded) && withoutShapes(decoded) !== decoded;
}

/** What is called so in an object is secret. */
const SECRET_NAME = new RegExp(String.raw`(?:${STRONG}|${WEAK}|cookie)[\w.-]{0,40}$`, 'i');

/** A shorter name of a property is none that holds a secret itself. */
const NAME_MIN = 16;

/** A copy with every text in it redacted and cut, and without the values of what is called a password, token and so on. */
export function redactDeep(value: unknown, max: number = MESSAGE_MAX): unknown {
  if (typeof value === 'string') return redact(cut(value, max));
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, max));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => {
    const isSecret = typeof one === 'string' && SECRET_NAME.test(name.slice(-80)) && !NO_SECRET.test(one);
    return [
      name.length < NAME_MIN ? name : redact(cut(name, 200)),
      isSecret && !WORD.test(one) ? BLOT : redactDeep(one, max),
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** One line of a log in JSON: of an object as of JSON that was made of it. */
export function redactLine(line: string): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return redact(line);
  }
  return `${JSON.stringify(redactDeep(value, STACK_MAX))}${line.endsWith('\n') ? '\n' : ''}`;
}

/**
 * The same error, with its message, stack, details and causes cut and redacted. A failed activity's are written into the
 * workflow's history, where everybody with the Web UI reads them. What is no Error becomes one.
 */
export function redactError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redactThrown(error);
  try {
    replace(error, 'message', MESSAGE_MAX);
    replace(error, 'stack', STACK_MAX);
    redactDetails(error as { details?: unknown });
    if (error.cause !== undefined && error.cause !== null) define(error, 'cause', causeOf(error.cause, depth));
    if (error instanceof AggregateError)
      define(
        error,
        'errors',
        error.errors.map((one) => causeOf(one, depth)),
      );
    return error;
  } catch {
    // A frozen one, or one whose message cannot be read.
    return new Error(redact(cut(inspect(error, { depth: 1, getters: false }), MESSAGE_MAX)));
  }
}

/** A chain that is longer, or goes round, is cut. */
function causeOf(cause: unknown, depth: number): unknown {
  return depth < CAUSES_MAX ? redactError(cause, depth + 1) : undefined;
}

function redactThrown(thrown: unknown): unknown {
  if (typeof thrown === 'string') return redact(cut(thrown, MESSAGE_MAX));
  return new Error(redact(cut(inspect(thrown, { depth: 2, maxStringLength: MESSAGE_MAX }), MESSAGE_MAX)));
}

function replace(error: Error, field: 'message' | 'stack', max: number): void {
  const text: unknown = error[field];
  if (text === undefined) return;
  const clean = redact(cut(typeof text === 'string' ? text : inspect(text, { depth: 1 }), max));
  if (clean !== text) define(error, field, clean);
}

function redactDetails(error: { details?: unknown }): void {
  if (!Array.isArray(error.details)) return;
  const text = JSON.stringify(error.details);
  const clean = JSON.stringify(redactDeep(error.details));
  if (clean !== text) define(error, 'details', clean.length > WHOLE_MAX ? [] : JSON.parse(clean));
}

function define(error: object, field: string, value: unknown): void {
  Object.defineProperty(error, field, { value, configurable: true, writable: true });
}
