import { randomBytes } from 'node:crypto';

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
export class Uploads {
  readonly #byId = new Map<string, Upload>();

  /** Returns the id of the future file. */
  begin(upload: Omit<Upload, 'content'>): string {
    const id = `F${randomBytes(5).toString('hex').toUpperCase()}`;
    this.#byId.set(id, { ...upload, content: undefined });
    return id;
  }

  /** `false` for an unknown id and for a size that was not announced. */
  receive(id: string, content: Buffer): boolean {
    const upload = this.#byId.get(id);
    if (upload === undefined || upload.length !== content.length) return false;
    upload.content = content;
    return true;
  }

  /** The upload of that workspace, once its bytes are there. */
  peek(id: string, workspace: string): (Upload & { content: Buffer }) | undefined {
    const upload = this.#byId.get(id);
    if (upload?.content === undefined || upload.workspace !== workspace) return undefined;
    return { ...upload, content: upload.content };
  }

  workspaceOf(id: string): string | undefined {
    return this.#byId.get(id)?.workspace;
  }

  end(id: string): void {
    this.#byId.delete(id);
  }

  clear(): void {
    this.#byId.clear();
  }
}
