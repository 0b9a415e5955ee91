import { type Html } from '../../src/slack/block-kit/html/html.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Workspace } from '../state/types.ts';
/** The faults of this sandbox, how often each fired, and forms to add and remove them. */
export declare function faultsPanel(sandbox: Sandbox, workspace: Workspace, problem: string | undefined): Html;
/** Why a form of the faults page cannot be done, in a sentence for the reader. */
export declare class FormProblem extends Error {
  readonly name = 'FormProblem';
}
type Fields = Readonly<Record<string, string>>;
/** Does what a form of the faults page asks. Throws a `FormProblem`, without a change, when it cannot. */
export declare function submitFaultForm(sandbox: Sandbox, workspace: Workspace, fields: Fields): void;
export {};
