/** Variables for a process of Node whose clock is `ms` ahead; the clock of its threads is not. */
export function clockAhead(ms: number): Record<string, string> {
  const shim = `
    const RealDate = Date;
    globalThis.Date = class Date extends RealDate {
      constructor(...given) {
        if (given.length === 0) super(RealDate.now() + ${ms});
        else super(...given);
      }
      static now() {
        return RealDate.now() + ${ms};
      }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shim)}` };
}
