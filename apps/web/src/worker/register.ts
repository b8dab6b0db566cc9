// Has the browser keep the files of the console. It may only do so on HTTPS and on this machine; elsewhere
// pages that were not opened yet need a node that lives.

export async function registerWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || process.env.NODE_ENV !== 'production') return;
  try {
    await navigator.serviceWorker.register('/worker.js');
  } catch {
    // A browser that forbids it (a private window, a policy) shows the console as well.
  }
}
