import { z } from 'zod';

/**
 * An API's address. With a user in it, axios sends that in the place of the token, and whoever names the address tells the
 * password; behind a query or a fragment, a path that is added is none.
 */
export const webAddress = z.url({ protocol: /^https?$/ }).refine(isPlain, {
  error: 'must hold no user, password, query or fragment; a token has a variable of its own',
});

function isPlain(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { username, password } = new URL(address);
  return !username && !password && !/[?#]/.test(address);
}
