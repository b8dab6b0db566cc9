// The origin of a site, as browsers write it in the header Origin and as policies of pages name it.

/** A host that means itself: `*`, `;` and `'` are marks of policies. */
const plainOrigin = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d+)?$/;

/** Scheme, host, and port where it is not the usual one; undefined for whatever else. */
export function parseHttpOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.href !== `${url.origin}/`) return undefined;
  return plainOrigin.test(url.origin) ? url.origin : undefined;
}
