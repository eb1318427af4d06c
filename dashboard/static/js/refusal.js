// Whether a tab may not go on.

const REFUSED = new Set([401, 403, 410]); // 410: a link that was revoked, or has expired.

/**
 * An EventSource hides the status that it failed with. Ask for the page itself, which takes none
 * of the server's streams: may it still be seen, or has the person been signed out?
 *
 * @param {import("./tab.js").Tab} tab
 * @param {boolean} asPerson whether it matters that the person is signed in: where anybody may
 *   watch, the page can be seen by who was signed out
 */
export async function isRefused({ terms }, asPerson) {
  const page = await ask(terms.page);
  if (page?.type === "opaqueredirect" || REFUSED.has(page?.status)) return true;
  if (!asPerson || terms.user === null) return false;
  // Who is signed in is sent on from where one signs in.
  return (await ask(terms.signIn))?.status === 200;
}

/** @returns {Promise<Response | null>} null where the server can't be reached */
async function ask(url) {
  const options = { method: "HEAD", redirect: "manual", headers: { Accept: "application/json" } };
  try {
    return await fetch(url, options);
  } catch {
    return null;
  }
}
