import { nameToEmoji } from 'gemoji';

/** Names of Slack's own list (iamcal/emoji-data) that gemoji, GitHub's list, calls otherwise. */
const SLACK_NAMES: Readonly<Record<string, string>> = {
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  large_orange_circle: '🟠',
  large_purple_circle: '🟣',
  large_brown_circle: '🟤',
  large_red_square: '🟥',
  large_orange_square: '🟧',
  large_yellow_square: '🟨',
  large_green_square: '🟩',
  large_blue_square: '🟦',
  large_purple_square: '🟪',
  simple_smile: '🙂',
  thumbsup_all: '👍',
};

const FIRST_SKIN_TONE = 0x1f3fb;
const FIRST_REGIONAL_LETTER = 0x1f1e6;

/** `:tada:` as 🎉. An unknown name stays as it is written, as in Slack. */
export function emoji(text: string): string {
  return text.replaceAll(/:([a-z0-9_+-]+):(?::skin-tone-([2-6]):)?/g, (whole, name: string, tone?: string) => {
    const found = SLACK_NAMES[name] ?? nameToEmoji[name] ?? flag(name);
    if (found === undefined) return whole;
    return tone === undefined ? found : found + String.fromCodePoint(FIRST_SKIN_TONE + Number(tone) - 2);
  });
}

/** `flag-de`, which Slack has for every country. */
function flag(name: string): string | undefined {
  const country = /^flag-([a-z]{2})$/.exec(name)?.[1];
  if (country === undefined) return undefined;
  const letter = (index: number) => FIRST_REGIONAL_LETTER + country.charCodeAt(index) - 'a'.charCodeAt(0);
  return String.fromCodePoint(letter(0), letter(1));
}
