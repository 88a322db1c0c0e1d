/** Claims that are started at once: enough to be quick with thousands, few enough for a Temporal on a laptop. */
export const STARTS_AT_ONCE = 20;
/** Claims whose end is waited for at once: few enough that Temporal grants each its long poll. */
export const WAITS_AT_ONCE = 200;
