import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { z } from 'zod';
import type { Html } from './page-layout.js';
import { PEOPLE } from './team.js';

const COOKIE = 'sandbox_person';
const email = z.email().max(200);

/** Whom the visitor plays: no login, only a name tag, so that one person can try what takes two. */
export function personOf(c: Context): string {
  const { data } = email.safeParse(getCookie(c, COOKIE));
  return data ?? PEOPLE[0] ?? '';
}

/** Puts the tag on. An empty address leads to the page that asks for one. */
export function becomePerson(c: Context, wanted: string, back: string): Response | undefined {
  // Only a path of this page: anything else could lead a visitor away.
  const path = /^\/(?![/\\])[^\r\n]*$/.test(back) ? back : '/';
  if (wanted === '') return c.redirect(`/person?back=${encodeURIComponent(path)}`, 303);
  const { data } = email.safeParse(wanted);
  if (!data) return undefined;
  setCookie(c, COOKIE, data, { path: '/', httpOnly: true, sameSite: 'Lax' });
  return c.redirect(path, 303);
}

export const personPage = (back: string): Html => html`
  <form method="post" action="/person">
    <input type="hidden" name="back" value="${back}" />
    <div class="field">
      <label for="name">E-mail address</label>
      <input id="name" name="person" type="email" required autocomplete="off" />
    </div>
    <button class="primary">Be this person</button>
  </form>
`;
