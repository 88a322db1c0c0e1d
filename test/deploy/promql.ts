/** What a PromQL expression names, as far as ours go: no subqueries, no `{__name__=...}`. */
export interface Named {
  metrics: string[];
  /** Of each of the metrics, unless it is joined from others. */
  labels: string[];
}

const KEYWORDS = [
  'by',
  'without',
  'on',
  'ignoring',
  'or',
  'and',
  'unless',
  'offset',
  'bool',
  'group_left',
  'group_right',
];
const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
const SELECTOR = /\{([^}]*)\}/g;
const IDENTIFIER = /[a-zA-Z_:][\w:]*(?!\w|\s*\()/g;

export function named(expression: string): Named {
  const plain = expression.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]|\boffset\s+\w+/g, '');
  const grouped = [...plain.matchAll(GROUPING)].flatMap(([, list = '']) => list.split(','));
  const selected = [...plain.matchAll(SELECTOR)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+)\s*[=!]/g)].map(([, name = '']) => name),
  );
  const bare = plain.replaceAll(GROUPING, '').replaceAll(SELECTOR, '');
  const identifiers = [...bare.matchAll(IDENTIFIER)].map(([name]) => name);
  return {
    metrics: [...new Set(identifiers.filter((name) => !KEYWORDS.includes(name)))],
    labels: [...new Set([...grouped, ...selected].map((name) => name.trim()))],
  };
}
