/** An upload between files.getUploadURLExternal and files.completeUploadExternal. */
interface Upload {
  workspace: string;
  name: string;
  /** Bytes that were announced. */
  length: number;
  altText: string | undefined;
  content: Buffer | undefined;
}
/** Unfinished uploads. A restart forgets them, as Slack forgets an address that is not used in time. */
export declare class Uploads {
  #private;
  /** Returns the id of the future file. */
  begin(upload: Omit<Upload, 'content'>): string;
  /** `false` for an unknown id and for a size that was not announced. */
  receive(id: string, content: Buffer): boolean;
  /** The upload of that workspace, once its bytes are there. */
  peek(
    id: string,
    workspace: string,
  ):
    | (Upload & {
        content: Buffer;
      })
    | undefined;
  workspaceOf(id: string): string | undefined;
  end(id: string): void;
  clear(): void;
}
export {};
