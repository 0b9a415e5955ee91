import * as limits from './block-limits.ts';
import { asObject, isObject, listOf } from './json.ts';
import {
  characters,
  type Findings,
  flag,
  list,
  matching,
  number,
  object,
  oneOf,
  type Rule,
  type Shape,
  shape,
  webAddress,
  whole,
} from './rules.ts';

/*
 * Every object of Block Kit that has a `type`, with every property that Slack documents for it. A test holds the properties
 * against those of `@slack/types` 3.2; `data_visualization` is newer than that package. Where no number stands next to a
 * limit in ./block-limits.ts, it is from https://docs.slack.dev/reference/block-kit and the comments of `@slack/types`.
 */

const SELECTS = ['channels_select', 'conversations_select', 'external_select', 'static_select', 'users_select'];
const MULTI_SELECTS = SELECTS.map((name) => `multi_${name}`);
const PICKERS = ['checkboxes', 'datepicker', 'radio_buttons', 'timepicker', ...SELECTS, ...MULTI_SELECTS];
const ACCESSORIES = ['button', 'image', 'overflow', 'workflow_button', ...PICKERS];
const ACTION_ELEMENTS = ['button', 'datetimepicker', 'overflow', 'rich_text_input', 'workflow_button', ...PICKERS];
const TEXT_INPUTS = ['email_text_input', 'number_input', 'plain_text_input', 'rich_text_input', 'url_text_input'];
const INPUT_ELEMENTS = ['datetimepicker', 'file_input', ...TEXT_INPUTS, ...PICKERS];
const CELLS = ['raw_text', 'raw_number', 'rich_text'];
const CHILD_BLOCKS = 'actions context divider file header image input rich_text section table video'.split(' ');
const RICH_TEXT_PARTS = ['rich_text_section', 'rich_text_list', 'rich_text_quote', 'rich_text_preformatted'];
const RICH_TEXT_INLINE = 'broadcast channel color date emoji link team text user usergroup'.split(' ');

/** Blocks that messages may have. `alert` is not among them: docs, in modals only. */
const MESSAGE_BLOCKS = (
  'actions card carousel container context context_actions data_table data_visualization divider file header image input ' +
  'markdown plan rich_text section table task_card video'
).split(' ');

/** A block of a message. One of a type that is not known here passes with a remark: Slack may have it by now. */
export const messageBlock: Rule = typed(MESSAGE_BLOCKS, blockShape);

const plain = (max: number) => typed(['plain_text'], (type) => textShape(type, max));
const mrkdwn = (max: number) => typed(['mrkdwn'], (type) => textShape(type, max));
const text = (max: number) => typed(['plain_text', 'mrkdwn'], (type) => textShape(type, max));
const block = (...types: readonly string[]) => typed(types, blockShape);
const element = (...types: readonly string[]) => typed(types, elementShape);

const textOf = new Set(['plain_text', 'mrkdwn']);

function textShape(type: string, max: number): Shape | undefined {
  if (!textOf.has(type)) return undefined;
  return shape({ text: characters(max) }, type === 'plain_text' ? { emoji: flag } : { verbatim: flag });
}

const slackFile = object(
  shape({}, { id: characters(), url: characters(limits.IMAGE_URL_MAX) }, exactlyOne('id', 'url')),
);
const imageSource = {
  image_url: webAddress(limits.IMAGE_URL_MAX),
  slack_file: slackFile,
};
const confirm = object(
  shape(
    { text: text(limits.CONFIRM_TEXT_MAX) },
    {
      title: plain(limits.CONFIRM_TITLE_MAX),
      confirm: plain(limits.CONFIRM_BUTTON_MAX),
      deny: plain(limits.CONFIRM_BUTTON_MAX),
      style: oneOf('primary', 'danger'),
    },
  ),
);
const option = (label: Rule) =>
  object(
    shape(
      { text: label },
      {
        value: characters(limits.OPTION_TEXT_MAX),
        description: text(limits.OPTION_TEXT_MAX),
        url: webAddress(limits.BUTTON_URL_MAX),
      },
    ),
  );
const plainOption = option(plain(limits.OPTION_TEXT_MAX));
const anyOption = option(text(limits.OPTION_TEXT_MAX));
const options = list(plainOption, { max: limits.SELECT_OPTIONS_MAX });
const optionGroups = list(object(shape({ label: plain(limits.OPTION_TEXT_MAX), options })), {
  max: limits.SELECT_OPTIONS_MAX,
});

const cells = (rows: number) =>
  list(list(typed(CELLS, blockShape), { max: limits.TABLE_CELLS_PER_ROW_MAX }), { max: rows });
/** Slack's words for the title and subtitle of cards and containers. */
const cardTitle = limits.CARD_TITLE_MAX;

/** The blocks, without `type` and `block_id`, which all of them have. */
const BLOCKS: Readonly<Record<string, Shape>> = {
  actions: shape({ elements: list(element(...ACTION_ELEMENTS), { max: limits.ACTIONS_ELEMENTS_MAX }) }),
  alert: shape(
    { text: text(limits.TEXT_OBJECT_MAX) },
    { level: oneOf('default', 'info', 'warning', 'error', 'success') },
  ),
  card: shape(
    {},
    {
      hero_image: element('image'),
      icon: element('image'),
      title: mrkdwn(cardTitle),
      subtitle: mrkdwn(cardTitle),
      body: mrkdwn(limits.CARD_BODY_MAX),
      actions: list(element('button')),
    },
    someOf('hero_image', 'title', 'actions', 'body'),
  ),
  carousel: shape({ elements: list(block('card'), { max: limits.CAROUSEL_CARDS_MAX }) }),
  container: shape(
    { child_blocks: list(block(...CHILD_BLOCKS), { max: limits.CONTAINER_BLOCKS_MAX }) },
    {
      title: plain(cardTitle),
      rich_text_title: block('rich_text'),
      subtitle: text(cardTitle),
      width: oneOf('narrow', 'standard', 'wide', 'full'),
      icon: element('image'),
      is_collapsible: flag,
      default_collapsed: flag,
      has_header_divider: flag,
    },
    someOf('title', 'rich_text_title'),
  ),
  context: shape({
    elements: list(contextElement, { max: limits.CONTEXT_ELEMENTS_MAX }),
  }),
  context_actions: shape({
    elements: list(element('feedback_buttons', 'icon_button'), { max: limits.CONTEXT_ACTIONS_ELEMENTS_MAX }),
  }),
  data_table: shape(
    { rows: cells(limits.DATA_TABLE_ROWS_MAX), caption: characters() },
    { page_size: whole(1, 100), row_header_column_index: whole(0, limits.TABLE_CELLS_PER_ROW_MAX - 1) },
    equalRows,
  ),
  data_visualization: shape({ title: characters(limits.CHART_TITLE_MAX), chart }),
  divider: shape({}),
  file: shape({ source: oneOf('remote'), external_id: characters() }),
  header: shape({ text: plain(limits.HEADER_TEXT_MAX) }),
  image: shape(
    { alt_text: characters(limits.IMAGE_ALT_TEXT_MAX) },
    { ...imageSource, title: plain(limits.IMAGE_TITLE_MAX) },
    exactlyOne('image_url', 'slack_file'),
  ),
  input: shape(
    { label: plain(limits.INPUT_LABEL_MAX), element: element(...INPUT_ELEMENTS) },
    { hint: plain(limits.INPUT_LABEL_MAX), optional: flag, dispatch_action: flag },
  ),
  // The characters of markdown and of table cells are counted over the whole message.
  markdown: shape({ text: characters() }),
  plan: shape({ title: characters() }, { tasks: list(block('task_card'), { min: 0 }) }),
  rich_text: shape({ elements: list(element(...RICH_TEXT_PARTS)) }),
  section: shape(
    {},
    {
      text: text(limits.SECTION_TEXT_MAX),
      fields: list(text(limits.SECTION_FIELD_TEXT_MAX), { max: limits.SECTION_FIELDS_MAX }),
      accessory: element(...ACCESSORIES),
      expand: flag,
    },
    someOf('text', 'fields'),
  ),
  table: shape(
    { rows: cells(limits.TABLE_ROWS_MAX) },
    {
      column_settings: list(object(shape({}, { align: oneOf('left', 'center', 'right'), is_wrapped: flag })), {
        min: 0,
        max: limits.TABLE_COLUMN_SETTINGS_MAX,
      }),
    },
  ),
  task_card: shape(
    { task_id: characters(), title: characters(), status: oneOf('pending', 'in_progress', 'complete', 'error') },
    { details: block('rich_text'), output: block('rich_text'), sources: list(element('url'), { min: 0 }) },
  ),
  video: shape(
    {
      video_url: webAddress(limits.BUTTON_URL_MAX),
      thumbnail_url: webAddress(limits.IMAGE_URL_MAX),
      alt_text: characters(limits.IMAGE_ALT_TEXT_MAX),
      title: plain(limits.VIDEO_TITLE_MAX),
    },
    {
      title_url: webAddress(limits.BUTTON_URL_MAX),
      author_name: characters(limits.VIDEO_AUTHOR_MAX),
      provider_name: characters(),
      provider_icon_url: webAddress(limits.IMAGE_URL_MAX),
      description: plain(limits.TEXT_OBJECT_MAX),
    },
  ),
};

const actionId = { action_id: characters(limits.ACTION_ID_MAX) };
const action = { ...actionId, confirm };
const focus = { focus_on_load: flag };
const placeholder = { placeholder: plain(limits.PLACEHOLDER_MAX) };
const picker = { ...action, ...focus, ...placeholder };
const textInput = {
  ...actionId,
  ...focus,
  ...placeholder,
  dispatch_action_config: object(
    shape({}, { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered')) }),
  ),
};
const severalItems = { max_selected_items: whole(1) };
const accessibilityLabel = { accessibility_label: characters(limits.BUTTON_TEXT_MAX) };
const buttonStyle = { style: oneOf('primary', 'danger') };
const conversationFilter = object(
  shape(
    {},
    {
      include: list(oneOf('im', 'mpim', 'private', 'public')),
      exclude_external_shared_channels: flag,
      exclude_bot_users: flag,
    },
    someOf('include', 'exclude_external_shared_channels', 'exclude_bot_users'),
  ),
);
const conversations = { ...picker, default_to_current_conversation: flag, filter: conversationFilter };
const staticOptions = exactlyOne('options', 'option_groups');
const feedback = object(
  shape({ text: plain(limits.BUTTON_TEXT_MAX), value: characters(limits.BUTTON_VALUE_MAX) }, accessibilityLabel),
);
const trigger = object(
  shape(
    { url: webAddress(limits.BUTTON_URL_MAX) },
    { customizable_input_parameters: list(object(shape({ name: characters(), value: characters() })), { min: 0 }) },
  ),
);
const day = matching(/^\d{4}-\d\d-\d\d$/, 'must be a date such as 2026-11-24');
const clock = matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 09:00');
/** A Unix time of ten digits. */
const instant = whole(1_000_000_000, 9_999_999_999);
const numeral = matching(/^-?\d+(\.\d+)?$/, 'must be a number in a string');

const styled = {
  style: object(
    shape(
      {},
      {
        bold: flag,
        code: flag,
        italic: flag,
        strike: flag,
        underline: flag,
        // Docs, rich text block: of mentions.
        highlight: flag,
        client_highlight: flag,
        unlink: flag,
      },
    ),
  ),
};
const border = { border: oneOf(0, 1) };
const inline = list(element(...RICH_TEXT_INLINE), { min: 0 });

/** Everything else that has a `type`. */
const ELEMENTS: Readonly<Record<string, Shape>> = {
  button: shape(
    { text: plain(limits.BUTTON_TEXT_MAX) },
    {
      ...action,
      ...buttonStyle,
      ...accessibilityLabel,
      url: webAddress(limits.BUTTON_URL_MAX),
      value: characters(limits.BUTTON_VALUE_MAX),
    },
  ),
  checkboxes: shape(
    { options: list(anyOption, { max: limits.CHOICES_MAX }) },
    { ...action, ...focus, initial_options: list(anyOption, { max: limits.CHOICES_MAX }) },
  ),
  channels_select: shape({}, { ...picker, initial_channel: characters(), response_url_enabled: flag }),
  conversations_select: shape({}, { ...conversations, initial_conversation: characters(), response_url_enabled: flag }),
  datepicker: shape({}, { ...picker, initial_date: day }),
  datetimepicker: shape({}, { ...action, ...focus, initial_date_time: instant }),
  email_text_input: shape({}, { ...textInput, initial_value: characters() }),
  external_select: shape({}, { ...picker, initial_option: plainOption, min_query_length: whole(0) }),
  feedback_buttons: shape({ positive_button: feedback, negative_button: feedback }, actionId),
  file_input: shape({}, { ...actionId, filetypes: list(characters()), max_files: whole(1, 10) }),
  icon_button: shape(
    { icon: characters(), text: plain(limits.BUTTON_TEXT_MAX) },
    {
      ...action,
      ...accessibilityLabel,
      value: characters(limits.BUTTON_VALUE_MAX),
      visible_to_user_ids: list(characters(), { min: 0 }),
    },
  ),
  image: shape({ alt_text: characters(limits.IMAGE_ALT_TEXT_MAX) }, imageSource, exactlyOne('image_url', 'slack_file')),
  multi_channels_select: shape({}, { ...picker, ...severalItems, initial_channels: list(characters()) }),
  multi_conversations_select: shape(
    {},
    { ...conversations, ...severalItems, initial_conversations: list(characters()) },
  ),
  multi_external_select: shape(
    {},
    { ...picker, ...severalItems, initial_options: options, min_query_length: whole(0) },
  ),
  multi_static_select: shape(
    {},
    { ...picker, ...severalItems, options, option_groups: optionGroups, initial_options: options },
    staticOptions,
  ),
  multi_users_select: shape({}, { ...picker, ...severalItems, initial_users: list(characters()) }),
  number_input: shape(
    { is_decimal_allowed: flag },
    { ...textInput, initial_value: numeral, min_value: numeral, max_value: numeral },
  ),
  overflow: shape({ options: list(plainOption, { max: limits.OVERFLOW_OPTIONS_MAX }) }, action),
  plain_text_input: shape(
    {},
    { ...textInput, initial_value: characters(), multiline: flag, min_length: whole(0, 3_000), max_length: whole(1) },
  ),
  radio_buttons: shape(
    { options: list(anyOption, { max: limits.CHOICES_MAX }) },
    { ...action, ...focus, initial_option: anyOption },
  ),
  rich_text_input: shape(
    {},
    { ...textInput, initial_value: block('rich_text'), min_lines: whole(1, 100), max_lines: whole(1, 100) },
  ),
  static_select: shape(
    {},
    { ...picker, options, option_groups: optionGroups, initial_option: plainOption },
    staticOptions,
  ),
  timepicker: shape({}, { ...picker, initial_time: clock, timezone: characters() }),
  url: shape({ url: webAddress(limits.BUTTON_URL_MAX), text: characters() }),
  url_text_input: shape({}, { ...textInput, initial_value: characters() }),
  users_select: shape({}, { ...picker, initial_user: characters() }),
  workflow_button: shape(
    { text: plain(limits.BUTTON_TEXT_MAX), workflow: object(shape({ trigger })) },
    { ...action, ...buttonStyle, ...accessibilityLabel },
  ),

  raw_number: shape({ value: number(), text: characters() }),
  raw_text: shape({ text: characters() }),

  rich_text_section: shape({ elements: inline }),
  rich_text_list: shape(
    { elements: list(element('rich_text_section')), style: oneOf('bullet', 'ordered') },
    // `offset`: docs, rich text block; not in the types.
    { ...border, indent: whole(0, 8), offset: whole(0) },
  ),
  rich_text_quote: shape({ elements: inline }, border),
  rich_text_preformatted: shape({ elements: list(element('text', 'link'), { min: 0 }) }, border),

  broadcast: shape({ range: oneOf('here', 'channel', 'everyone') }, styled),
  channel: shape({ channel_id: characters() }, styled),
  color: shape({ value: characters() }, styled),
  date: shape(
    { timestamp: whole(0), format: characters() },
    { ...styled, url: characters(limits.BUTTON_URL_MAX), fallback: characters() },
  ),
  // `skin_tone`: docs, rich text block; not in the types.
  emoji: shape({ name: characters() }, { ...styled, unicode: characters(), url: characters(), skin_tone: whole(1, 6) }),
  link: shape({ url: characters(limits.BUTTON_URL_MAX) }, { ...styled, text: characters(), unsafe: flag }),
  team: shape({ team_id: characters() }, styled),
  text: shape({ text: characters() }, styled),
  user: shape({ user_id: characters() }, styled),
  usergroup: shape({ usergroup_id: characters() }, styled),
};

const KNOWN_TYPES = new Set([...Object.keys(BLOCKS), ...Object.keys(ELEMENTS), ...textOf]);

/** The types of elements whose use Slack tells the app of. */
export const INTERACTIVE_TYPES: ReadonlySet<string> = new Set(
  Object.entries(ELEMENTS).flatMap(([type, { optional }]) => (Object.hasOwn(optional, 'action_id') ? [type] : [])),
);

/** The names of the properties of every known type, to be compared with `@slack/types`. */
export function knownProperties(): Record<
  'blocks' | 'elements',
  Record<string, { required: string[]; optional: string[] }>
> {
  return { blocks: namesIn(BLOCKS), elements: namesIn(ELEMENTS) };
}

function namesIn(shapes: Readonly<Record<string, Shape>>): Record<string, { required: string[]; optional: string[] }> {
  return Object.fromEntries(
    Object.entries(shapes).map(([type, { required, optional }]) => [
      type,
      { required: Object.keys(required).toSorted(), optional: Object.keys(optional).toSorted() },
    ]),
  );
}

/**
 * An object with one of these types. A known type in another place is refused; an unknown one passes with a remark,
 * whatever it holds.
 */
function typed(types: readonly string[], shapeOf: (type: string) => Shape | undefined): Rule {
  return (findings, value, pointer) => {
    if (!isObject(value)) return findings.refuse('must be an object', pointer);
    const { type, ...rest } = value;
    if (type === undefined) return findings.refuse('missing required field: type', pointer);
    if (typeof type !== 'string') return findings.refuse('must be a string', `${pointer}/type`);
    const known = types.includes(type) ? shapeOf(type) : undefined;
    if (known !== undefined) return object(known)(findings, rest, pointer);
    if (KNOWN_TYPES.has(type)) return findings.refuse(`unsupported type: ${type}`, `${pointer}/type`);
    findings.remark(`type "${type}" is not known here, so it was not checked`, pointer);
  };
}

function blockShape(type: string): Shape | undefined {
  // A cell of a table is a block of rich text or one of the raw elements.
  const found = own(BLOCKS, type);
  if (found === undefined) return elementShape(type);
  return { ...found, optional: { ...found.optional, block_id: characters(limits.BLOCK_ID_MAX) } };
}

function elementShape(type: string): Shape | undefined {
  return own(ELEMENTS, type);
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function contextElement(findings: Findings, value: unknown, pointer: string): void {
  const { type } = asObject(value);
  if (textOf.has(type as string)) return text(limits.TEXT_OBJECT_MAX)(findings, value, pointer);
  element('image')(findings, value, pointer);
}

function someOf(...names: readonly string[]): Rule {
  return (findings, value, pointer) => {
    const given = asObject(value);
    if (names.every((name) => given[name] === undefined)) {
      findings.refuse(`must define either ${names.map((name) => `\`${name}\``).join(' or ')}`, pointer);
    }
  };
}

function exactlyOne(...names: readonly string[]): Rule {
  return (findings, value, pointer) => {
    const given = asObject(value);
    if (names.filter((name) => given[name] !== undefined).length !== 1) {
      findings.refuse(`must define either ${names.map((name) => `\`${name}\``).join(' or ')}`, pointer);
    }
  };
}

function equalRows(findings: Findings, value: unknown, pointer: string): void {
  const lengths = new Set(listOf(asObject(value)['rows']).map((row) => listOf(row).length));
  if (lengths.size > 1) findings.refuse('must have equal numbers of cells in all rows', `${pointer}/rows`);
}

const point = object(shape({ label: characters(limits.CHART_LABEL_MAX), value: number() }));
const share = object(
  shape({
    label: characters(limits.CHART_LABEL_MAX),
    value: (findings, value, pointer) => {
      number()(findings, value, pointer);
      if (Number.isFinite(value) && Number(value) <= 0) findings.refuse('must be greater than 0', pointer);
    },
  }),
);
const pie = object(shape({ type: oneOf('pie'), segments: list(share, { max: limits.CHART_SEGMENTS_MAX }) }));
const series = object(
  shape(
    {
      type: oneOf('bar', 'line', 'area'),
      series: list(
        object(
          shape({ name: characters(limits.CHART_LABEL_MAX), data: list(point, { max: limits.CHART_POINTS_MAX }) }),
        ),
        { max: limits.CHART_SERIES_MAX },
      ),
      axis_config: object(
        shape(
          { categories: list(characters(limits.CHART_LABEL_MAX), { max: limits.CHART_POINTS_MAX }) },
          { x_label: characters(limits.CHART_AXIS_LABEL_MAX), y_label: characters(limits.CHART_AXIS_LABEL_MAX) },
        ),
      ),
    },
    {},
    labelsMatch,
  ),
);

function chart(findings: Findings, value: unknown, pointer: string): void {
  const { type } = asObject(value);
  if (type === 'pie') return pie(findings, value, pointer);
  if (['bar', 'line', 'area'].includes(type as string)) return series(findings, value, pointer);
  findings.refuse(`unsupported type: ${String(type)}`, `${pointer}/type`);
}

/** Each series has a point for each category, under a name of its own. */
function labelsMatch(findings: Findings, value: unknown, pointer: string): void {
  const { series: all, axis_config: axis } = asObject(value);
  const categories = listOf(asObject(axis)['categories']);
  unique(findings, categories, `${pointer}/axis_config/categories`);
  unique(
    findings,
    listOf(all).map((one) => asObject(one)['name']),
    `${pointer}/series`,
  );
  for (const [index, one] of listOf(all).entries()) {
    const labels = listOf(asObject(one)['data']).map((given) => asObject(given)['label']);
    const isSame = labels.length === categories.length && labels.every((label) => categories.includes(label));
    if (!isSame) findings.refuse('labels must match axis_config.categories', `${pointer}/series/${index}/data`);
  }
}

function unique(findings: Findings, values: unknown[], pointer: string): void {
  if (new Set(values).size !== values.length) findings.refuse('must be unique', pointer);
}
