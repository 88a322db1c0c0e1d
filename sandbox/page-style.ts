/** Served as /inbox.css. Light and dark by the reader's own setting; the pairs of colours are chosen for a contrast of 4.5 and more. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #16181d);
  --panel: light-dark(#ffffff, #1e2128);
  --line: light-dark(#d9dce3, #363b46);
  --text: light-dark(#1b1f27, #e7e9ee);
  --quiet: light-dark(#565d6b, #a5adbb);
  --accent: light-dark(#1a4fc4, #9dbdff);
  --accent-soft: light-dark(#e5edff, #24345a);
  --on-accent: light-dark(#ffffff, #10141d);
  --late: light-dark(#b01c1c, #ffa39c);
  --late-soft: light-dark(#fdeaea, #4a2222);
  --good: light-dark(#17653a, #8fdcae);
  --good-soft: light-dark(#e2f4e9, #1d3d2b);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 0.95rem/1.5 system-ui, sans-serif; }
a { color: var(--accent); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.2rem; }
main:focus { outline: none; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 0.6rem; }
h3 { font-size: 0.95rem; margin: 1rem 0 0.3rem; }
section { margin: 0 0 1.75rem; }
#outage { margin: 0; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--panel); padding: 0.4rem 0.8rem; z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.quiet, .hint { color: var(--quiet); }
.hint { font-size: 0.87rem; margin: 0.15rem 0 0.35rem; }
.late { color: var(--late); }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }

header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.5rem; background: var(--panel); border-bottom: 1px solid var(--line); padding: 0.6rem 1.5rem; }
.brand { font-weight: 700; font-size: 1.1rem; }
.tag { font-weight: 400; font-size: 0.8rem; color: var(--quiet); border: 1px solid var(--line); border-radius: 1rem; padding: 0.1rem 0.6rem; margin-left: 0.3rem; white-space: nowrap; }
header nav { display: flex; gap: 0.25rem; }
header nav a, .shows a { padding: 0.25rem 0.7rem; border-radius: 0.4rem; text-decoration: none; color: var(--text); }
header nav a:hover, .shows a:hover, .queues a:hover { background: var(--accent-soft); }
[aria-current] { background: var(--accent-soft); font-weight: 600; }
#connection { font-size: 0.8rem; }
#connection:not(:empty)::before { content: '● '; }
.person { display: flex; align-items: center; gap: 0.5rem; margin-left: auto; }
.person label { white-space: nowrap; color: var(--quiet); }

.outage { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; background: var(--late-soft); color: var(--late); border-bottom: 1px solid var(--line); padding: 0.5rem 1.5rem; font-weight: 600; }
.outage p { margin: 0; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem; }
footer { max-width: 78rem; margin: 0 auto; padding: 0.5rem 1.5rem 1.5rem; font-size: 0.85rem; color: var(--quiet); }
#facts { margin-bottom: 1.25rem; }
footer p { border-top: 1px solid var(--line); padding-top: 1rem; margin: 0; max-width: 62rem; }
.notice { border-left: 4px solid var(--good); background: var(--good-soft); padding: 0.5rem 0.9rem; border-radius: 0.2rem; margin: 0 0 1rem; }
.notice.error { border-color: var(--late); background: var(--late-soft); }
#changed:not(:empty) { border-left: 4px solid var(--accent); background: var(--accent-soft); padding: 0.5rem 0.9rem; border-radius: 0.2rem; margin: 0 0 1rem; }

.with-side { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.with-aside { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 2rem; align-items: start; }
.queues ul { list-style: none; margin: 0 0 1rem; padding: 0; }
.queues a { display: flex; justify-content: space-between; gap: 0.5rem; padding: 0.3rem 0.6rem; border-radius: 0.4rem; text-decoration: none; color: var(--text); overflow-wrap: anywhere; }
.queues .process { font-weight: 600; }
.queues li + li a { padding-left: 1.4rem; }
.counts { display: flex; gap: 0.5rem; white-space: nowrap; font-weight: 400; font-size: 0.87rem; }
.count { color: var(--quiet); font-variant-numeric: tabular-nums; }
.search { display: flex; gap: 0.5rem; align-items: center; margin: 0 0 0.9rem; }
.search input { flex: 1; max-width: 30rem; }
.shows { display: flex; flex-wrap: wrap; gap: 0.15rem; border-bottom: 1px solid var(--line); padding-bottom: 0.5rem; }
.nothing { color: var(--quiet); padding: 2rem 0.6rem; }
.pager { display: flex; gap: 1.5rem; padding: 0.5rem 0.6rem; }

table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.5rem; border-bottom: 1px solid var(--line); }
th { font-size: 0.85rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
th a { color: inherit; text-decoration: none; }
td { overflow-wrap: anywhere; font-size: 0.92rem; }
td:nth-child(n + 2) { white-space: nowrap; }
td:first-child { min-width: 11rem; }
.rows td:first-child a { font-weight: 600; text-decoration: none; }
.rows td:first-child a:hover { text-decoration: underline; }
.rows tbody tr:hover { background: var(--panel); }
.badge { display: inline-block; font-size: 0.8rem; font-weight: 600; line-height: 1.4; padding: 0.05rem 0.55rem; border-radius: 1rem; border: 1px solid var(--line); }
.badge.started { background: var(--accent-soft); color: var(--accent); border-color: transparent; }
.badge.done { background: var(--good-soft); color: var(--good); border-color: transparent; }
.badge.archived { border-style: dashed; color: var(--quiet); }

.facts, .links { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; align-items: center; margin: 0 0 0.5rem; }
.facts:last-child, .links { margin: 0; }
form:not(.bare, .search, .person), .panel { background: var(--panel); border: 1px solid var(--line); border-radius: 0.6rem; padding: 1rem 1.2rem; margin: 0 0 1.75rem; }
.bare { margin: 0; }
.field { margin: 0 0 0.9rem; }
label, legend { font-weight: 600; }
.person label, .choice { font-weight: 400; }
legend { padding: 0; }
fieldset { border: 0; margin: 0 0 0.9rem; padding: 0; }
input[type='radio'] { margin-left: 0; accent-color: var(--accent); }
.choice { display: flex; align-items: baseline; gap: 0.5rem; padding: 0.15rem 0; }
.choice .hint { margin: 0; }
input, select, textarea, button { font: inherit; color: inherit; }
input:not([type='radio']), select, textarea { background: var(--panel); border: 1px solid light-dark(#868e9c, #6d7686); border-radius: 0.4rem; padding: 0.35rem 0.6rem; }
.field input, textarea { width: 100%; max-width: 40rem; display: block; }
textarea { resize: vertical; }
.code { font-family: ui-monospace, monospace; font-size: 0.87rem; }
button { background: var(--panel); border: 1px solid light-dark(#868e9c, #6d7686); border-radius: 0.4rem; padding: 0.35rem 0.9rem; cursor: pointer; }
button:hover { background: var(--accent-soft); }
.primary { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600; margin-right: 0.4rem; }
.primary:hover { background: light-dark(#123a93, #c2d6ff); }
.manage { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.7rem; }
.row { display: flex; gap: 0.5rem; margin-top: 0.2rem; }
.row input { min-width: 0; width: 14rem; flex: 0 1 auto; }
.row button { flex: none; }
summary { cursor: pointer; }
dl { margin: 0; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.7rem 1.5rem; }
dt { color: var(--quiet); font-size: 0.87rem; overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0 0 1.5rem; }
.figures > div { flex: 1 1 11rem; background: var(--panel); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.7rem 1rem; }
.figures strong { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.comment { border-left: 3px solid var(--line); padding-left: 0.9rem; margin: 0 0 0.9rem; }
.comment p { margin: 0; }
.history { list-style: none; margin: 0; padding: 0; }
.history li { padding: 0.3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.sibling { margin: 0 0 0.8rem; }
.choice strong { font-weight: 600; }

@media (max-width: 52rem) {
  main, header, .outage, footer { padding-left: 1rem; padding-right: 1rem; }
  .with-side, .with-aside { grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
  .person { margin-left: 0; flex: 1 1 100%; min-width: 0; }
  .person select { min-width: 0; width: 0; flex: 1; }
  .queues ul { display: flex; flex-wrap: wrap; margin-bottom: 0.3rem; }
  .queues li + li a { padding-left: 0.6rem; }
  .pairs { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); }
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows, .rows tbody, .rows tr, .rows td { display: block; }
  .rows tr { border-bottom: 1px solid var(--line); padding: 0.6rem 0; }
  .rows td { border: 0; padding: 0.1rem 0; white-space: normal; }
  .rows td + td { display: inline-block; margin-right: 1.2rem; }
  .rows td[data-label]::before { content: attr(data-label) ': '; color: var(--quiet); }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color 0.12s; } }
`;
