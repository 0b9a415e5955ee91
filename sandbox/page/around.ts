/** What a message only names; whoever renders it may know more. Without an answer the id itself is shown. */
export interface Around {
  channelName?: (id: string) => string | undefined;
  userName?: (id: string) => string | undefined;
  /** The address of an image that was uploaded: `slack_file`, by its id or its address at Slack. */
  fileAddress?: (file: { id: string | undefined; url: string | undefined }) => string | undefined;
}
