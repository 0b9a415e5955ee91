/** Rates of the sandbox that no test trips over unless it is about them. */
export const NO_LIMITS = {
  channel: { perMinute: 1e9, burst: 1e6 },
  workspace: { perMinute: 1e9, burst: 1e6 },
};
