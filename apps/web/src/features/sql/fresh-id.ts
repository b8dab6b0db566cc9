// Ids that nobody else has: of tabs, and of queries so that they can be canceled.

/** 32 hexadecimal digits. (randomUUID is only to be had on encrypted pages.) */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
