/**
 * Slack's limits for the blocks that we send. Characters are counted in UTF-16 units (`string.length`), which is never
 * less than Slack's own count. Where two published numbers disagree, the smaller one stands here: a message that fits
 * it fits both. "Docs" is https://docs.slack.dev/reference/block-kit/blocks.
 */

/** Blocks in one message (100 in modals). Docs, chat.postMessage. */
export const BLOCKS_PER_MESSAGE_MAX = 50;
/**
 * Undocumented; `msg_blocks_too_long` above it. "12,000 text characters with a buffer" (bolt-js#2509), yet 11,341 of them
 * were refused (bolt-js#2867), so this is below the least that is known to fail.
 */
export const BLOCK_TEXT_MAX_PER_MESSAGE = 11_000;
/** Docs, every block: `block_id`, unique in its message. */
export const BLOCK_ID_MAX = 255;
/** Docs, every interactive element: `action_id`. */
export const ACTION_ID_MAX = 255;

/** Docs, header block: plain_text only. */
export const HEADER_TEXT_MAX = 150;

/** Docs, section block: `text`. */
export const SECTION_TEXT_MAX = 3_000;
/** Docs, section block: number of `fields`. */
export const SECTION_FIELDS_MAX = 10;
/** Docs, section block: `text` of one field. */
export const SECTION_FIELD_TEXT_MAX = 2_000;

/** Docs, context block: number of `elements`. */
export const CONTEXT_ELEMENTS_MAX = 10;
/** Docs, text object: `text` wherever a block states no smaller number. */
export const TEXT_OBJECT_MAX = 3_000;

/** Docs, actions block: number of `elements`. */
export const ACTIONS_ELEMENTS_MAX = 25;
/** Docs, button element: `text`. */
export const BUTTON_TEXT_MAX = 75;
/** Docs, button element: `url`. Pre-signed links overflow it (lightdash/lightdash#22424). */
export const BUTTON_URL_MAX = 3_000;
/** Docs, button element: `value`. */
export const BUTTON_VALUE_MAX = 2_000;

/** Docs, image block: `image_url`. */
export const IMAGE_URL_MAX = 3_000;
/** Docs, image block: `alt_text`, required. */
export const IMAGE_ALT_TEXT_MAX = 2_000;
/** Docs, image block: `title`. */
export const IMAGE_TITLE_MAX = 2_000;

/** Docs, context actions block: number of `elements`. */
export const CONTEXT_ACTIONS_ELEMENTS_MAX = 5;
/** Docs, card and container block: `title` and `subtitle`. */
export const CARD_TITLE_MAX = 150;
/** Docs, card block: `body`. */
export const CARD_BODY_MAX = 200;
/** Docs, carousel block: number of cards. */
export const CAROUSEL_CARDS_MAX = 10;
/** Docs, container block: number of `child_blocks`. */
export const CONTAINER_BLOCKS_MAX = 10;
/** Docs, input block: `label` and `hint`. */
export const INPUT_LABEL_MAX = 2_000;
/** Docs, video block: `title` and `author_name` have fewer than 200 and 50 characters. */
export const VIDEO_TITLE_MAX = 199;
export const VIDEO_AUTHOR_MAX = 49;

/** Docs, every select menu and input: `placeholder`. */
export const PLACEHOLDER_MAX = 150;
/** Docs, option object: `text`, `value` and `description`; option group object: `label`. */
export const OPTION_TEXT_MAX = 75;
/** Docs, select menus: number of options, and of groups. */
export const SELECT_OPTIONS_MAX = 100;
/** Docs, overflow menu: number of options. */
export const OVERFLOW_OPTIONS_MAX = 5;
/** Docs, checkboxes and radio buttons: number of options. */
export const CHOICES_MAX = 10;
/** Docs, confirmation dialog object. */
export const CONFIRM_TITLE_MAX = 100;
export const CONFIRM_TEXT_MAX = 300;
export const CONFIRM_BUTTON_MAX = 30;

/** Docs, markdown block: all markdown blocks of one message together. */
export const MARKDOWN_TEXT_MAX_PER_MESSAGE = 12_000;

/** Docs, table block: number of `rows`, the header row included. */
export const TABLE_ROWS_MAX = 100;
/** Docs, table block: cells in one row. */
export const TABLE_CELLS_PER_ROW_MAX = 20;
/** Docs, table block: number of `column_settings`. */
export const TABLE_COLUMN_SETTINGS_MAX = 20;
/** Docs, table block: characters in all table cells of one message. */
export const TABLE_CHARACTERS_MAX_PER_MESSAGE = 10_000;
/** Docs, data table block: number of `rows`, the header row included; an older copy says 100 below it. */
export const DATA_TABLE_ROWS_MAX = 101;
/** Docs, data table block: characters in all cells of one message; a newer copy says 20,000. */
export const DATA_TABLE_CHARACTERS_MAX_PER_MESSAGE = 10_000;
/** Slack answers `only_one_table_allowed` to a second one; newer docs speak of a shared budget instead. */
export const TABLES_PER_MESSAGE_MAX = 1;

/** Undocumented; found live (vercel/chat#696). */
export const CHARTS_PER_MESSAGE_MAX = 2;
/** Docs, data visualization block: `title`. */
export const CHART_TITLE_MAX = 50;
/** Docs, data visualization block: series of one chart (later copies say 12). */
export const CHART_SERIES_MAX = 6;
/** Docs, data visualization block: segments of one pie (later copies say 12). */
export const CHART_SEGMENTS_MAX = 6;
/** Docs, data visualization block: points of one series, and so categories of one axis. */
export const CHART_POINTS_MAX = 20;
/** Docs, data visualization block: label of a category, point or segment, and the name of a series. */
export const CHART_LABEL_MAX = 20;
/** Docs, data visualization block: `x_label` and `y_label`. */
export const CHART_AXIS_LABEL_MAX = 50;

/** Slack cuts a longer `text` into several messages when there are no blocks (java-slack-sdk#704). */
export const TEXT_SPLIT_AT = 4_000;
/** Docs, chat.postMessage: a longer `text` is truncated. */
export const TEXT_TRUNCATED_AT = 40_000;

/** Docs, message metadata: Slack posts the message but drops the metadata when `event_type` does not match. */
export const METADATA_EVENT_TYPE = /^[A-Za-z0-9_-]+$/;

/**
 * Bytes of JSON of the metadata of a message. Slack answers `metadata_too_large` and publishes no number; ours are below
 * 100 bytes, so this only keeps the sandbox from taking what Slack surely refuses.
 */
export const METADATA_MAX = 16_000;
