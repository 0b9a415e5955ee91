import { expect, test } from 'vitest';
import { button, section } from '../../../../src/reports/blocks/blocks.ts';
import { link } from '../../../../src/reports/blocks/text.ts';
import { interactionRemarks } from '../../../../src/slack/block-kit/block-problems.ts';

test('a button is remarked on, since Slack warns the person who presses it unless an app acknowledges that', () => {
  const remarks = interactionRemarks([button('Open', 'https://e.com'), section(link('Open', 'https://e.com'))]);
  expect(remarks).toEqual([
    'button: Slack shows "This app is not configured to handle interactive responses" when it is used, unless your app ' +
      'acknowledges it [json-pointer:/blocks/0/elements/0]',
  ]);
});
