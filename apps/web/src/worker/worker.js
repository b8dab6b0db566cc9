// The service worker of the console. It keeps the files of the console, and only those: what nodes answer
// never passes through it. Files named by their content come from here first; pages come from the node
// while it answers, so that a new version is seen at once.

/** A node that doesn't answer within this time counts as gone, milliseconds. */
const answerMsMax = 2_000;

// Both are filled in by scripts/write-worker.ts.
const cacheName = 'patina-console-VERSION';
/** @type {readonly string[]} */
const files = JSON.parse('FILES');
const known = new Set(files);

self.addEventListener('install', (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  const file = fileOf(url.pathname);
  if (file === undefined) return;
  event.respondWith(file.startsWith('/_next/static/') ? fromHere(file) : fromNode(request, file));
});

async function keepAll() {
  const cache = await caches.open(cacheName);
  await cache.addAll(files.map((file) => new Request(file, { cache: 'no-cache' })));
}

async function dropOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('patina-console-') && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * @param {string} path
 * @returns {string | undefined} The file that a path of the console stands for.
 */
function fileOf(path) {
  if (path === '/') return '/index.html';
  const decoded = decodeURI(path);
  return [decoded, `${decoded}.html`].find((file) => known.has(file));
}

/** @param {string} file */
async function fromHere(file) {
  const kept = await caches.match(file, { cacheName });
  return kept ?? fetch(file);
}

/**
 * @param {Request} request
 * @param {string} file
 */
async function fromNode(request, file) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(answerMsMax) });
  } catch (error) {
    const kept = await caches.match(file, { cacheName });
    if (kept === undefined) throw error;
    return kept;
  }
}
