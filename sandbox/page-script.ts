/**
 * The page's one script, served as /inbox.js. Without it everything is there to be read and done; with it a page redraws its
 * live parts when something has changed. A part in which somebody types, chooses or has opened something is left alone.
 */
export const script = `
const { watch, path } = document.body.dataset;
let version = document.body.dataset.version;
let source;
let drawing = false;
/** What each live part was last drawn as; a browser writes what is opened in it into the part's own HTML. */
const drawn = new Map();
for (const part of document.querySelectorAll('[data-live][id]')) drawn.set(part.id, part.innerHTML);

const connection = document.getElementById('connection');
const changed = document.getElementById('changed');

function listen() {
  source = new EventSource('/events?watch=' + encodeURIComponent(watch));
  source.onopen = () => { connection.textContent = 'live'; };
  source.onerror = () => { connection.textContent = 'not connected'; };
  source.onmessage = ({ data }) => { if (data !== version) redraw(); };
}

// A browser holds few connections to one address: a page that nobody sees gives its own back.
document.addEventListener('visibilitychange', () => {
  source?.close();
  if (!document.hidden) listen();
});
addEventListener('pagehide', () => source?.close());
addEventListener('pageshow', ({ persisted }) => { if (persisted) listen(); });
listen();

async function redraw() {
  if (drawing) return;
  drawing = true;
  try {
    const answer = await fetch(path, { headers: { accept: 'text/html' } });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    version = fresh.body.dataset.version ?? version;
    let kept = false;
    for (const part of document.querySelectorAll('[data-live][id]')) {
      const next = fresh.getElementById(part.id);
      if (next?.innerHTML === drawn.get(part.id)) continue;
      if (inUse(part)) kept = true;
      else replace(part, next?.innerHTML ?? '');
    }
    if (!answer.ok) changed.textContent = 'This is no longer here.';
    else if (kept) changed.textContent = 'This has changed meanwhile. What you are typing was left as it is.';
  } catch {
    // Not reachable: the event source says so, and tries again.
  } finally {
    drawing = false;
  }
}

function inUse(part) {
  if (part.querySelector('details[open], [data-typed]')) return true;
  const held = document.activeElement;
  if (part.contains(held) && held.matches('input:not([type=hidden]), textarea, select')) return true;
  return [...part.querySelectorAll('input, textarea')].some((field) =>
    field.type === 'radio' ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
  );
}

function replace(part, inner) {
  const held = part.contains(document.activeElement) ? document.activeElement.id : '';
  part.innerHTML = inner;
  drawn.set(part.id, inner);
  if (held) (document.getElementById(held) ?? document.getElementById('content')).focus({ preventScroll: true });
}
`;
