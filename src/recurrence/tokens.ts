/** What is wrong with the words, for the error about the whole. */
export class Misread extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export type Tokens = ReturnType<typeof tokensOf>;

/** The words of a text in lower case; a comma is an "and". */
export function tokensOf(text: string) {
  const words = text
    .toLowerCase()
    .replaceAll(/[,&]/g, ' and ')
    .split(/\s+/)
    .filter((word) => word !== '');
  const tokens = words.filter((word, index) => !(word === 'and' && words[index - 1] === 'and'));
  let at = 0;
  return {
    peek: (): string | undefined => tokens[at],
    next: (): string | undefined => tokens[at++],
    /** Steps over one of these words, if it comes next. */
    take(...expected: string[]): boolean {
      const found = expected.includes(tokens[at] ?? '');
      if (found) at += 1;
      return found;
    },
    /** Puts another word in the place of the next one; none where it is empty. */
    replace(word: string): void {
      tokens.splice(at, 1, ...(word === '' ? [] : [word]));
    },
  };
}
