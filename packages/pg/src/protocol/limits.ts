// How large messages of clients may be. The length is checked before anything is kept of a message.

/** A startup packet: names and settings. PostgreSQL's own limit. */
export const startupBytesMax = 10_000;

/** Passwords, and the messages of SASL. */
export const passwordBytesMax = 16_384;

/** A query, a bind with its parameters, a piece of COPY data. */
export const messageBytesMax = 64 * 1024 * 1024;

/** Messages that carry names only. */
export const nameMessageBytesMax = 8_192;
