import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { printable, printableJson, printableWhenRead, printSafely } from '../../../src/lib/printable.ts';

const HOSTILE = 'acme\u001B[2J\u001B]0;title\u0007\u009B31m\r\u0008\u202Etxt.exe\u001B[8mhidden';

test('nothing of an escape sequence reaches the terminal; tabs, lines and our own colours do', () => {
  expect(printable(HOSTILE)).toBe('acme\\x1B[2J\\x1B]0;title\\x07\\x9B31m\\x0D\\x08\\u202Etxt.exe\\x1B[8mhidden');
  expect(printable('\u001B[1mNAME\u001B[22m\n\tä→😀')).toBe('\u001B[1mNAME\u001B[22m\n\tä→😀');
});

test('JSON stays what it was, without a raw control character', () => {
  const json = printableJson(JSON.stringify({ name: HOSTILE }, null, 2));
  expect(json).not.toMatch(/(?!\n)\p{Cc}|\u202E/u);
  expect(JSON.parse(json)).toEqual({ name: HOSTILE });
});

test('a JSON line whose texts are shown brings none either', () => {
  const line = printableWhenRead(JSON.stringify({ msg: `${HOSTILE} C:\\u001b`, stack: 'a\n\tb' }));
  const { msg, stack } = JSON.parse(line) as { msg: string; stack: string };
  expect(msg).not.toMatch(/\p{Cc}/u);
  expect(msg).toContain('C:\\u001b');
  expect(stack).toBe('a\n\tb');
});

test('a console prints safely from then on', () => {
  let out = '';
  const stream = new Writable({ write: (chunk: Buffer, _, done) => ((out += chunk.toString()), done()) });
  const target = new Console(stream);
  printSafely(target);
  target.log(HOSTILE);
  target.error(`${HOSTILE} %s`, HOSTILE);
  expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
});
