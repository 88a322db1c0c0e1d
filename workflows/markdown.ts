/** As the Web UI shows Markdown. Its tables leave no room between columns, so the cells bring their own: an em space is kept there. */
export const row = (cells: readonly unknown[]): string => `| ${cells.join('\u2003 | ')} |`;

/** Of ISO 8601, for people. */
export const minute = (at = ''): string => at.slice(0, 16).replace('T', ' ');
export const second = (at: string): string => at.slice(0, 19).replace('T', ' ');
