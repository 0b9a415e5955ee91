import type { Change } from './types.ts';
export declare const DEFAULT_TOKEN = 'xoxb-sandbox';
/** What a reporting app asks for at installation. */
export declare const DEFAULT_SCOPES: string[];
/** The workspace that every sandbox starts with. */
export declare function seed(): Change[];
