import { createHash } from 'node:crypto';

export interface User {
  uid: string;
  email: string | null;
}

/** Any e-mail is somebody: the sandbox has no user administration, so a person exists from the first mention on. */
export class Users {
  #byUid = new Map<string, User>();

  withEmail(email: string): User {
    const hex = createHash('md5').update(`user#${email.toLowerCase()}`).digest('hex');
    const uid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return this.add({ uid, email });
  }

  add(user: User): User {
    for (const known of this.#byUid.values()) if (user.email && known.email === user.email) return known;
    this.#byUid.set(user.uid, user);
    return user;
  }

  withUid(uid: string): User {
    return this.#byUid.get(uid) ?? { uid, email: null };
  }
}

/** The user as a task embeds it. */
export function userBody(user: User): Record<string, unknown> {
  const [first = '', last = ''] = (user.email ?? '').split('@')[0]?.split('.') ?? [];
  return {
    uid: user.uid,
    archived: false,
    role: 'operator',
    email: user.email,
    first_name: first,
    last_name: last,
    skills: [],
    legacy_data: {},
    is_registered: true,
  };
}
